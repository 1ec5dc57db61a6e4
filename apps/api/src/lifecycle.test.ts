import { randomUUID } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ok } from '@rinha/base'
import type { ChannelClient } from '@rinha/channel'
import { StartProblem } from '@rinha/service'
import { expect, test } from 'vitest'
import { startApi } from './api.ts'
import {
  CoordinatorEnd,
  freePort,
  keepLog,
  type LogLine,
  startNode,
  talk,
  testSettings,
  until,
} from './testing.ts'

const health = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'

function post(port: number, id: string) {
  return fetch(`http://127.0.0.1:${port}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"correlationId":"${id}","amount":19.90}`,
  })
}

const isReady = async (port: number) => (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200

test('two nodes share a port, and each one also has a port of its own', async () => {
  const shared = await freePort()
  const first = await startNode({ NODE_NAME: 'first', PORT: shared, NODE_PORT: await freePort() })
  const second = await startNode({ NODE_NAME: 'second', PORT: shared, NODE_PORT: await freePort() })
  expect(second.port).toBe(first.port)
  expect(second.addresses).toEqual({
    http: `http://localhost:${first.port}`,
    node: `http://localhost:${second.nodePort}`,
  })
  for (const [node, name] of [
    [first, 'first'],
    [second, 'second'],
  ] as const) {
    expect((await talk(node.nodePort, [health])).answers[0]?.body).toBe(`{"status":"ok","node":"${name}"}`)
  }
  await expect(startNode({ PORT: shared, NODE_PORT: first.nodePort })).rejects.toThrow('NODE_PORT')
  await first.stop()
  expect((await talk(second.port, [health])).answers[0]?.body).toContain('second')
  await second.stop()
})

test('a port that another program uses is a problem that names the setting and the number', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, resolve))
  const { port } = taken.address() as AddressInfo
  await expect(startNode({ PORT: port })).rejects.toThrow(StartProblem)
  await expect(startNode({ PORT: port })).rejects.toThrow(`PORT=${port}`)
  const free = await freePort()
  await expect(startNode({ PORT: free, NODE_PORT: port })).rejects.toThrow(`NODE_PORT=${port}`)
  expect((await talk(free, [health])).answers).toEqual([])
  taken.close()
})

test('settings that contradict each other stop the start', async () => {
  await expect(startNode({ RECONNECT_MS_MIN: 2000 })).rejects.toThrow(StartProblem)
})

test('a secret that differs from the coordinator’s is logged, and the node is not ready', async () => {
  const coordinator = await CoordinatorEnd.listen()
  const lines: LogLine[] = []
  const node = await startNode(
    { COORDINATOR_PORT: coordinator.port, CHANNEL_SECRET: 'another-secret-here' },
    lines,
  )
  await until(() => lines.some(line => /CHANNEL_SECRET/.test(String(line.fields.problem))), 'the log tells')
  expect(await isReady(node.port)).toBe(false)
  await node.stop()
  await coordinator.close()
})

test('payments that were accepted while the coordinator was away reach it when it comes back', async () => {
  const port = await freePort()
  const node = await startNode({ COORDINATOR_PORT: port, RECONNECT_MS_MAX: 20 })
  const ids = Array.from({ length: 20 }, () => randomUUID())
  for (const id of ids) expect((await post(node.port, id)).status).toBe(202)
  const coordinator = await CoordinatorEnd.listen(port)
  await until(() => coordinator.payments.length === 20, 'the payments arrive')
  expect(coordinator.payments).toEqual(ids.map(id => `${id} 1990`))
  await until(() => isReady(node.port), 'the node is ready')
  await node.stop()
  await coordinator.close()
})

test('a stop waits until the accepted payments are delivered', async () => {
  const port = await freePort()
  const node = await startNode({ COORDINATOR_PORT: port, RECONNECT_MS_MAX: 20, DRAIN_MS_MAX: 5000 })
  const id = randomUUID()
  expect((await post(node.port, id)).status).toBe(202)
  const idle = await talk(node.port, [health])
  const stopped = node.stop()
  await until(() => idle.isClosed(), 'clients are cut off, and only the delivery is left')
  const coordinator = await CoordinatorEnd.listen(port)
  await stopped
  expect(coordinator.payments).toEqual([`${id} 1990`])
  await coordinator.close()
})

test('a stop that cannot deliver accepted payments says how many are lost, and which setting bounds the wait', async () => {
  const lines: LogLine[] = []
  const node = await startNode({ DRAIN_MS_MAX: 20 }, lines)
  expect((await post(node.port, randomUUID())).status).toBe(202)
  await node.stop()
  expect(lines).toContainEqual({ level: 'error', fields: expect.objectContaining({ lostCount: 1 }) })
})

test('a stop that is hurried ends its wait at once, and says how many payments are lost', async () => {
  const lines: LogLine[] = []
  const node = await startNode({ DRAIN_MS_MAX: 5000 }, lines)
  expect((await post(node.port, randomUUID())).status).toBe(202)
  const startedAtMs = performance.now()
  await node.stop(AbortSignal.timeout(300))
  expect(performance.now() - startedAtMs).toBeLessThan(3000)
  expect(lines).toContainEqual({ level: 'error', fields: expect.objectContaining({ lostCount: 1 }) })
})

test('a stop takes no new connection, and the next answer on an open one says that it closes', async () => {
  const node = await startNode({})
  const conversation = await talk(node.port, [health])
  expect(conversation.answers[0]?.head).not.toMatch(/^Connection: close/im)
  const heading = await talk(node.port, [health])
  const stopped = node.stop()
  expect((await talk(node.port, [health])).answers).toEqual([])
  conversation.send(health)
  heading.send(health.replace('GET', 'HEAD'))
  expect((await conversation.more(2))[1]).toMatchObject({
    status: 200,
    head: expect.stringMatching(/^Connection: close/im),
  })
  await until(
    () => /HTTP.* 200 .*HTTP\/1\.1 200 .*\r\nConnection: close/s.test(heading.raw()),
    'HEAD is told too',
  )
  await until(() => conversation.isClosed(), 'the connection is closed')
  await stopped
})

test('a stop cuts connections without an open request', async () => {
  const node = await startNode({})
  const idle = await talk(node.port, [health])
  const half = await talk(node.port, [health.slice(0, 30)], 0)
  await node.stop()
  await until(() => idle.isClosed() && half.isClosed(), 'both are closed')
})

/** A channel whose replies come when the test wants: a real coordinator answers at once. */
function patientChannel() {
  const waiting: (() => void)[] = []
  const channel: ChannelClient = {
    connected: true,
    unacknowledgedCount: 0,
    oldestUnacknowledgedAgeMs: 0,
    traffic: { sentCount: 0, sentBytes: 0, receivedCount: 0, receivedBytes: 0 },
    keptBy: 'memory',
    roomShort: false,
    retryAfterSeconds: 0,
    offerPayment: () => 1,
    flush: () => {},
    onAcknowledged: () => {},
    onConflict: () => {},
    holdsPayment: () => false,
    request: (_kind, _params, answer) => {
      waiting.push(() => answer(ok({ totals: [], completeUpToMs: null }) as never))
      return () => {}
    },
    close: (_drainMsMax, onDone) => onDone(),
  }
  return { channel, waiting }
}

const summary = 'GET /payments-summary HTTP/1.1\r\nHost: x\r\n\r\n'

test('a reply that comes after its client has left is dropped, and a stop does not wait for it', async () => {
  const { channel, waiting } = patientChannel()
  const lines: LogLine[] = []
  const node = await startApi(testSettings({}), keepLog(lines), () => [channel])
  const conversation = await talk(node.port, [summary], 0)
  await until(() => waiting.length === 1, 'the question is asked')
  conversation.hangUp()
  // The node answers this request after it has noticed that the other client left.
  await talk(node.port, [health])
  waiting[0]?.()
  expect((await talk(node.port, [health])).answers[0]?.status).toBe(200)
  await node.stop()
  expect(lines.filter(line => line.level !== 'info')).toEqual([])
})

test('a stop waits for the answer of a request under way', async () => {
  const { channel, waiting } = patientChannel()
  const node = await startApi(testSettings({}), keepLog([]), () => [channel])
  const conversation = await talk(node.port, [summary], 0)
  await until(() => waiting.length === 1, 'the question is asked')
  const stopped = node.stop()
  // Longer than the stop listens to clients in any case (200 ms): from then on it waits for this answer alone.
  await sleep(300)
  waiting[0]?.()
  await stopped
  expect(await conversation.more(1)).toMatchObject([{ status: 200, body: '{}' }])
})

test('at a stop, clients that wait for the end of a payment are answered, and those that hung up are forgotten', async () => {
  const coordinator = await CoordinatorEnd.listen()
  const node = await startNode({ COORDINATOR_PORT: coordinator.port })
  await until(() => isReady(node.port), 'the node is ready')
  const wait = `GET /payments/${randomUUID()} HTTP/1.1\r\nHost: x\r\nPrefer: wait=20\r\n\r\n`
  const [gone, here] = [await talk(node.port, [wait], 0), await talk(node.port, [wait], 0)]
  await until(() => coordinator.waitCount === 2, 'both wait')
  gone.hangUp()
  await until(() => coordinator.waitCount === 1, 'one is forgotten')
  await node.stop()
  expect(await here.more(1)).toMatchObject([{ status: 404 }])
  await coordinator.close()
})
