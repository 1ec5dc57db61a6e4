import { once } from 'node:events'
import { connect } from 'node:net'
import { noNoise, type ProcessorNoise } from '@rinha/processor-model'
import { until } from '@rinha/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { startTwin, type Twin } from './twin.ts'

let twin: Twin
afterEach(() => twin.close())

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'
const body = JSON.stringify({ correlationId: id, amount: 19.9, requestedAt: '2025-08-09T18:00:00Z' })
const url = (path: string) => `http://localhost:${twin.port}${path}`
const recordedCount = () => twin.model.books.count

function put(noise: unknown, token = '123'): Promise<Response> {
  const headers = { 'x-rinha-token': token, 'content-type': 'application/json' }
  return fetch(url('/admin/configurations/noise'), { method: 'PUT', headers, body: JSON.stringify(noise) })
}

async function start(noise: Partial<ProcessorNoise>): Promise<void> {
  twin = await startTwin({ port: 0 })
  expect((await put(noise)).status).toBe(200)
}

const pay = () =>
  fetch(url('/payments'), { method: 'POST', headers: { 'content-type': 'application/json' }, body })

describe('noise over HTTP', () => {
  test('answers the old and the new noise, and noise that is not named ends', async () => {
    await start({ resetAfterShare: 0.5, tailKind: 'pareto' })
    const answer = await put({ PushBackShare: '0.25' })
    expect(await answer.json()).toEqual({
      config: 'noise',
      was: { ...noNoise, resetAfterShare: 0.5, tailKind: 'pareto' },
      is: { ...noNoise, pushBackShare: 0.25 },
    })
    await put({})
    expect(twin.model.noise).toEqual(noNoise)
  })

  test.each([
    { resetBeforeShare: 1.01 },
    { resetAfterShare: -0.1 },
    { pushBackShare: 'half' },
    { tailKind: 'gaussian' },
    { tailAfterInsert: 1 },
    { tailShape: 0 },
    { tailMsMin: 3000 },
    { loadMs: 1e12 },
    { perSecondMax: 0.5 },
    [],
    'noise',
  ])('is refused where it is wrong, and nothing changes: %j', async wrong => {
    await start({ pushBackShare: 0.5 })
    expect((await put(wrong)).status).toBe(400)
    expect(twin.model.noise.pushBackShare).toBe(0.5)
  })

  test('needs the token', async () => {
    await start({})
    expect((await put({ pushBackShare: 1 }, 'guessed')).status).toBe(401)
    expect(twin.model.noise).toEqual(noNoise)
  })
})

test.each([
  ['before the insert', { resetBeforeShare: 1 }, 0],
  ['after the insert', { resetAfterShare: 1 }, 1],
] as const)('a reset %s leaves the client without a byte of an answer', async (_, noise, count) => {
  await start(noise)
  const socket = connect(twin.port, 'localhost')
  let received = ''
  socket.on('data', data => {
    received += String(data)
  })
  socket.on('error', () => {})
  socket.write(
    `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'close')
  expect([received, recordedCount()]).toEqual(['', count])
  await expect(pay()).rejects.toThrow('fetch failed')
  await expect(fetch(url(`/payments/${id}`))).rejects.toThrow('fetch failed')
  await put({})
  expect((await pay()).status).toBe(count === 0 ? 200 : 422)
})

test('503 is answered after the insert, 429 instead of it, and 429 also to look-ups', async () => {
  await start({ failAfterShare: 1 })
  expect([(await pay()).status, recordedCount()]).toEqual([503, 1])
  expect((await fetch(url(`/payments/${id}`))).status).toBe(200)
  twin.model.books.clear()
  await put({ pushBackShare: 1 })
  expect([(await pay()).status, recordedCount()]).toEqual([429, 0])
  expect((await fetch(url(`/payments/${id}`))).status).toBe(429)
})

test('a late answer is late, and the payment is recorded before or at its end', async () => {
  const tail = { tailKind: 'uniform', tailShare: 1, tailMsMin: 500, tailMsMax: 500 } as const
  for (const tailAfterInsert of [true, false]) {
    await start({ ...tail, tailAfterInsert })
    const sentAtMs = performance.now()
    const answer = pay()
    if (tailAfterInsert) await until(() => recordedCount() === 1)
    else expect((await fetch(url(`/payments/${id}`))).status).toBe(404)
    expect(performance.now() - sentAtMs).toBeLessThan(500)
    expect((await answer).status).toBe(200)
    expect(performance.now() - sentAtMs).toBeGreaterThanOrEqual(500)
    if (tailAfterInsert) await twin.close()
  }
})

test('payments that come too fast are refused, and a second later are not', async () => {
  await start({ perSecondMax: 2 })
  const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await pay()).status))
  expect(statuses.filter(status => status !== 429)).toHaveLength(2)
  await until(async () => (await pay()).status !== 429)
})
