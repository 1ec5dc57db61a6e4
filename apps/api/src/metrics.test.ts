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
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  for (const line of [
    'http_requests_total{path="/payments",status="202"} 1',
    'http_requests_total{path="/payments/{id}",status="400"} 1',
    'http_requests_total{path="other",status="404"} 1',
    'http_request_seconds_count{path="/payments"} 1',
    'channel_connected 1',
    'http_waits 0',
  ])
    expect(text).toContain(`${line}\n`)
  expect(text).toMatch(/channel_bytes_total\{direction="sent"\} [1-9]/)
  expect(text).toMatch(/channel_bytes_total\{direction="received"\} [1-9]/)
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  expect((await fetch(`http://127.0.0.1:${metricsPort}/`)).status).toBe(404)
  await node.stop()
  await coordinator.close()
})
