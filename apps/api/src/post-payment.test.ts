import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { RunningApi } from './api.ts'
import { CoordinatorEnd, freePort, startNode, until } from './testing.ts'

/** What a 202 means: each level, what is answered when it is not reached, and that nothing is taken back. */

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function coordinatorEnd(port = 0, journaling?: (() => void)[]): Promise<CoordinatorEnd> {
  const end = await CoordinatorEnd.listen(port, Object.assign(new CoordinatorEnd(), { journaling }))
  open.push(() => end.close())
  return end
}

async function nodeOf(port: number, settings: Parameters<typeof startNode>[0] = {}): Promise<RunningApi> {
  const node = await startNode({
    COORDINATOR_PORT: port,
    RECONNECT_MS_MAX: 20,
    ACK_LEVEL: 'queued',
    ...settings,
  })
  open.push(() => node.stop())
  return node
}

async function post(node: RunningApi, prefer?: string) {
  const id = randomUUID()
  const response = await fetch(`http://127.0.0.1:${node.port}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(prefer === undefined ? {} : { prefer }) },
    body: `{"correlationId":"${id}","amount":19.90}`,
  })
  const level = response.headers.get('preference-applied')
  return { id, status: response.status, level, text: await response.text() }
}

test('at queued the 202 comes when the coordinator has the payment, and says so', async () => {
  const coordinator = await coordinatorEnd()
  const node = await nodeOf(coordinator.port)
  const { id, ...answer } = await post(node)
  expect(answer).toEqual({ status: 202, level: 'ack=queued', text: '' })
  expect(coordinator.payments).toEqual([`${id} 1990`])
})

test('a request may ask for another level, and is told which it got', async () => {
  const node = await nodeOf(await freePort())
  expect(await post(node, 'ack=received')).toMatchObject({ status: 202, level: 'ack=received' })
  const strict = await nodeOf((await coordinatorEnd()).port, { ACK_LEVEL_MIN: 'queued' })
  expect(await post(strict, 'ack=received')).toMatchObject({ status: 202, level: 'ack=queued' })
  const quick = await nodeOf((await coordinatorEnd()).port, { ACK_LEVEL: 'received' })
  expect(await post(quick)).toMatchObject({ status: 202, level: 'ack=received' })
  expect(await post(quick, 'wait=5, ack=queued')).toMatchObject({ status: 202, level: 'ack=queued' })
})

test('while the coordinator is away the level there is comes when the wait is over, and the payment is delivered later', async () => {
  const port = await freePort()
  const node = await nodeOf(port, { ACK_WAIT_MS_MAX: 60 })
  const startedMs = performance.now()
  const answers = await Promise.all([post(node), post(node)])
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(55)
  expect(answers.map(({ status, level }) => `${status} ${level}`)).toEqual([
    '202 ack=received',
    '202 ack=received',
  ])
  const coordinator = await coordinatorEnd(port)
  await until(() => coordinator.payments.length === 2, 'both arrive')
  expect(coordinator.payments.sort()).toEqual(answers.map(({ id }) => `${id} 1990`).sort())
})

test('below the least level the answer is 503, which does not take the payment back', async () => {
  const port = await freePort()
  const node = await nodeOf(port, { ACK_WAIT_MS_MAX: 30, ACK_LEVEL_MIN: 'queued' })
  const refused = await post(node, 'ack=received')
  expect(refused).toMatchObject({ status: 503, level: null })
  expect(JSON.parse(refused.text).detail).toMatch(/ACK_LEVEL_MIN.*Posting it again is safe/)
  const coordinator = await coordinatorEnd(port)
  await until(() => coordinator.payments.length === 1, 'it arrives')
})

test('at journaled the 202 comes when the journal has the payment, and not before', async () => {
  const coordinator = await coordinatorEnd(0, [])
  const node = await nodeOf(coordinator.port, { ACK_WAIT_MS_MAX: 5000 })
  const [queued, journaled] = [post(node), post(node, 'ack=journaled')]
  expect(await queued).toMatchObject({ status: 202, level: 'ack=queued' })
  const early = await Promise.race([journaled, sleep(60, 'still waiting')])
  expect(early).toBe('still waiting')
  coordinator.sync()
  expect(await journaled).toMatchObject({ status: 202, level: 'ack=journaled' })
})

test('what has reached the coordinator but not its journal when the wait is over is told as queued', async () => {
  const coordinator = await coordinatorEnd(0, [])
  const node = await nodeOf(coordinator.port, { ACK_WAIT_MS_MAX: 60 })
  expect(await post(node, 'ack=journaled')).toMatchObject({ status: 202, level: 'ack=queued' })
  const strict = await nodeOf(coordinator.port, { ACK_WAIT_MS_MAX: 60, ACK_LEVEL_MIN: 'journaled' })
  expect(await post(strict)).toMatchObject({ status: 503, text: expect.stringContaining('JOURNAL_DIR') })
})

test('where there is no journal nobody waits for it', async () => {
  const node = await nodeOf((await coordinatorEnd()).port, { ACK_WAIT_MS_MAX: 60_000 })
  expect(await post(node, 'ack=journaled')).toMatchObject({ status: 202, level: 'ack=queued' })
})

test('payments held too long with no acknowledgement close the door, and the first one opens it', async () => {
  const coordinator = await coordinatorEnd(0, [])
  const node = await nodeOf(coordinator.port, { BUFFER_AGE_MS_MAX: 120, ACK_LEVEL: 'received' })
  expect((await post(node)).status).toBe(202)
  await until(async () => (await post(node)).status === 503, 'the door closes')
  expect((await post(node)).text).toContain('BUFFER_AGE_MS_MAX')
  coordinator.sync()
  await until(async () => (await post(node)).status === 202, 'the door opens')
})

test('a client that waits is answered when the coordinator comes back in time', async () => {
  const port = await freePort()
  const node = await nodeOf(port, { ACK_WAIT_MS_MAX: 5000 })
  const early = post(node)
  await sleep(50)
  await coordinatorEnd(port)
  expect(await early).toMatchObject({ status: 202, level: 'ack=queued' })
})

test('a client that leaves while it waits harms nobody behind it', async () => {
  const port = await freePort()
  const node = await nodeOf(port, { ACK_WAIT_MS_MAX: 5000 })
  const gone = new AbortController()
  const left = fetch(`http://127.0.0.1:${node.port}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"correlationId":"${randomUUID()}","amount":1}`,
    signal: gone.signal,
  }).catch((error: Error) => error.name)
  await sleep(50)
  gone.abort()
  expect(await left).toBe('AbortError')
  const behind = post(node)
  await sleep(20)
  const coordinator = await coordinatorEnd(port)
  expect(await behind).toMatchObject({ status: 202, level: 'ack=queued' })
  expect(coordinator.payments).toHaveLength(2)
})
