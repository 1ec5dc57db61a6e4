import { createServer, type RequestListener } from 'node:http'
import { listen } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { OpenLoop } from './open-loop.ts'

let loop: OpenLoop
afterEach(() => loop.close())

const onward = new AbortController().signal

/** A cluster that settles a payment `settleMs` after its first look-up. */
async function loopAt(perSecond: number, post: RequestListener, settleMs = 0): Promise<OpenLoop> {
  const firstAskedMs = new Map<string, number>()
  const server = createServer((request, response) => {
    if (request.method === 'POST') return post(request, response)
    const path = request.url ?? ''
    const askedMs = firstAskedMs.get(path) ?? performance.now()
    firstAskedMs.set(path, askedMs)
    const isSettled = performance.now() - askedMs >= settleMs
    const record = { processor: 'default', amount: 1, requestedAt: '2026-01-01T00:00:00Z' }
    response.end(JSON.stringify(isSettled ? { state: 'settled', ...record } : { state: 'queued' }))
  })
  return new OpenLoop(`http://127.0.0.1:${await listen(server)}`, perSecond)
}

const accept: RequestListener = (_, response) => {
  response.writeHead(202, { 'preference-applied': 'ack=queued' }).end()
}

test('payments are posted at their rate although none is answered before', async () => {
  const waiting: (() => void)[] = []
  loop = await loopAt(100, (request, response) => {
    waiting.push(() => accept(request, response))
    if (waiting.length === 50) for (const answer of waiting) answer()
  })
  const beganMs = performance.now()
  await loop.post(500, onward)
  expect(performance.now() - beganMs).toBeGreaterThan(450)
  expect([loop.payments.length, loop.acceptedCount]).toEqual([50, 50])
  expect(loop.answers).toEqual(new Map([['202 queued', 50]]))
  expect(loop.payments[0]?.acks).toMatchObject([{ level: 'queued', node: 'the cluster' }])
})

test('payments that were not accepted are counted by their answer, and not watched', async () => {
  let count = 0
  loop = await loopAt(60, (_, response) => {
    count += 1
    if (count % 3 === 0) response.destroy()
    else response.writeHead(count % 3 === 1 ? 503 : 400).end()
  })
  await loop.post(100, onward)
  await loop.close()
  expect(loop.answers).toEqual(
    new Map([
      ['503', 2],
      ['wrong: 400', 2],
      ['no answer', 2],
    ]),
  )
  expect([loop.acceptedCount, loop.ages.length]).toEqual([0, 0])
})

test('an age ends with the answer that says settled', async () => {
  loop = await loopAt(15, accept, 300)
  await loop.post(100, onward)
  await expect.poll(() => loop.ages.length, { timeout: 5000 }).toBe(2)
  for (const { ageMs, isSettled } of loop.ages) {
    expect(isSettled).toBe(true)
    expect(ageMs).toBeGreaterThan(300)
  }
})

test('an unsettled payment has its age at the end', async () => {
  loop = await loopAt(15, accept, Number.POSITIVE_INFINITY)
  await loop.post(100, onward)
  await new Promise(resolve => setTimeout(resolve, 150))
  await loop.close()
  expect(loop.ages).toHaveLength(2)
  for (const { ageMs, isSettled } of loop.ages) {
    expect(isSettled).toBe(false)
    expect(ageMs).toBeGreaterThan(100)
  }
})

test('an interrupt ends the load', async () => {
  loop = await loopAt(100, accept)
  const interrupt = new AbortController()
  const posted = loop.post(60_000, interrupt.signal)
  setTimeout(() => interrupt.abort(), 50)
  await expect(posted).rejects.toThrow('aborted')
})
