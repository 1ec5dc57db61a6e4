import { connect } from 'node:net'
import { until } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { startTwin, type Twin } from './twin.ts'

let twin: Twin
afterEach(() => twin.close())

const asJson = { 'content-type': 'application/json' }
const post = () => fetch(url('/payments'), { method: 'POST', headers: asJson, body: '{}' })
const url = (path: string) => `http://localhost:${twin.port}${path}`

test('an answer with a body has a content type, and one without a body has none', async () => {
  twin = await startTwin({ port: 0 })
  const typeOf = async (path: string) => (await fetch(url(path))).headers.get('content-type')
  expect(await typeOf('/payments/service-health')).toBe('application/json; charset=utf-8')
  expect(await typeOf('/')).toBe('text/plain; charset=utf-8')
  expect(await typeOf('/nothing')).toBeNull()
})

test('a request that comes when every place is taken gets a Retry-After, and the others are served', async () => {
  twin = await startTwin({
    port: 0,
    runningCountMax: 1,
    waitingCountMax: 1,
    delayMs: 300,
    healthWindowMs: 1400,
  })
  const taken = [post(), post()]
  await until(() => twin.model.limiter.waitingCount === 1)
  const refused = await post()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2'])
  expect((await Promise.all(taken)).map(({ status }) => status).toSorted()).toEqual([200, 422])
})

test('a client that leaves frees its place in the queue, and keeps a place in which its payment runs', async () => {
  twin = await startTwin({ port: 0, runningCountMax: 1, waitingCountMax: 1, delayMs: 60_000 })
  const { limiter } = twin.model
  const ask = () => {
    const socket = connect(twin.port, 'localhost')
    socket.write(
      'POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    )
    return socket
  }
  const first = ask()
  await until(() => limiter.runningCount === 1)
  const second = ask()
  await until(() => limiter.waitingCount === 1)
  first.destroy()
  second.destroy()
  await until(() => limiter.waitingCount === 0)
  expect(limiter.runningCount).toBe(1)
})

test('a twin that closes ends the connections that are open', async () => {
  twin = await startTwin({ port: 0 })
  const socket = connect(twin.port, 'localhost')
  await until(() => socket.readyState === 'open')
  await twin.close()
  await until(() => socket.closed || socket.readableEnded || socket.destroyed)
})
