import { expect, test } from 'vitest'
import { CoordinatorEnd, freePort, startNode, until } from './testing.ts'

test('/metrics counts and times answers by path and status, and bytes on the channel', async () => {
  const coordinator = await CoordinatorEnd.listen()
  const metricsPort = await freePort()
  const node = await startNode({ COORDINATOR_PORT: coordinator.port, METRICS_PORT: metricsPort })
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${node.port}${path}`, init)
  await until(async () => (await ask('/ready')).ok, 'the node is ready')
  await ask('/payments', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"correlationId":"4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3","amount":1}',
  })
  await ask('/payments/1')
  await ask('/none')
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const isAcknowledged = async () => (await metrics()).includes('channel_unacknowledged_payments 0\n')
  await until(isAcknowledged, 'the coordinator has the payment')
  const text = await metrics()
  for (const line of [
    'http_requests_total{path="/payments",status="202"} 1',
    'http_requests_total{path="/payments/{id}",status="400"} 1',
    'http_requests_total{path="other",status="404"} 1',
    'http_request_seconds_count{path="/payments"} 1',
    'channel_connected 1',
    'http_waits 0',
    'channel_oldest_unacknowledged_age_seconds 0',
  ])
    expect(text).toContain(`${line}\n`)
  for (const unit of ['frames', 'bytes'])
    for (const direction of ['sent', 'received'])
      expect(text).toMatch(new RegExp(`channel_${unit}_total\\{direction="${direction}"\\} [1-9]`))
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  expect((await fetch(`http://127.0.0.1:${metricsPort}/`)).status).toBe(404)
  await node.stop()
  await coordinator.close()
})

test('with shards, the metrics of the channels are those of each shard', async () => {
  const coordinator = await CoordinatorEnd.listen(0, { index: 1, count: 2 })
  const metricsPort = await freePort()
  const host = '127.0.0.1'
  const node = await startNode({
    SHARDS: 2,
    COORDINATORS: [[{ host, port: 1 }], [{ host, port: coordinator.port }]],
    METRICS_PORT: metricsPort,
  })
  const metrics = async () => (await fetch(`http://${host}:${metricsPort}/metrics`)).text()
  await until(
    async () => (await metrics()).includes('channel_connected{shard="1"} 1\n'),
    'shard 1 is connected',
  )
  const text = await metrics()
  for (const line of [
    'channel_connected{shard="0"} 0',
    'channel_unacknowledged_payments{shard="1"} 0',
    'channel_oldest_unacknowledged_age_seconds{shard="0"} 0',
  ])
    expect(text).toContain(`${line}\n`)
  expect(text).toMatch(/channel_frames_total\{shard="1",direction="received"\} [1-9]/)
  const ready = await (await fetch(`http://${host}:${node.port}/ready`)).json()
  expect(ready).toMatchObject({ shards: [{ connected: false }, { connected: true }] })
  await node.stop()
  await coordinator.close()
})

test('the age of a payment that no coordinator takes is a metric', async () => {
  const metricsPort = await freePort()
  const node = await startNode({ METRICS_PORT: metricsPort })
  const post = await fetch(`http://127.0.0.1:${node.port}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"correlationId":"4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3","amount":1}',
  })
  expect(post.status).toBe(202)
  const ageSeconds = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(/^channel_oldest_unacknowledged_age_seconds (.*)$/m.exec(text)?.[1])
  }
  await until(async () => (await ageSeconds()) > 0.2, 'it is so old')
  await node.stop()
})
