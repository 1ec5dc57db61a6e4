import { once } from 'node:events'
import { connect } from 'node:net'
import { noFaults, noNoise, type ProcessorFaults } from '@rinha/processor-model'
import { until } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { startTwin, type Twin } from './twin.ts'

let twin: Twin
afterEach(() => twin.close())

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'
const body = JSON.stringify({ correlationId: id, amount: 19.9, requestedAt: '2025-08-09T18:00:00Z' })
const url = (path: string) => `http://localhost:${twin.port}${path}`

async function start(faults: Partial<ProcessorFaults>): Promise<void> {
  twin = await startTwin({ port: 0 })
  await setFaults(faults)
}

async function setFaults(faults: Partial<ProcessorFaults>): Promise<void> {
  const headers = { 'x-rinha-token': '123', 'content-type': 'application/json' }
  const put = { method: 'PUT', headers, body: JSON.stringify(faults) }
  expect((await fetch(url('/admin/configurations/fault'), put)).status).toBe(200)
}

const pay = () =>
  fetch(url('/payments'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    redirect: 'manual',
  })
const lookUp = async () => {
  const answer = await fetch(url(`/payments/${id}`))
  return `${answer.status} ${await answer.text()}`.trim()
}

test.each([404, 401, 301, 524, 503, 400, 204])('a payment is answered %i and not recorded', async status => {
  await start({ paymentStatus: status })
  expect((await pay()).status).toBe(status)
  expect(await lookUp()).toBe('404')
  await setFaults({})
  expect((await pay()).status).toBe(200)
})

test('429 has the Retry-After that the fault says', async () => {
  await start({ paymentStatus: 429, retryAfterS: 7 })
  const answer = await pay()
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
})

test('a gateway gives up, and the payment is recorded later', async () => {
  await start({ paymentStatus: 524, insertAfterMs: 100 })
  expect((await pay()).status).toBe(524)
  expect(await lookUp()).toBe('404')
  await until(() => twin.model.books.count === 1)
})

test('look-ups are answered with another status, or another body', async () => {
  await start({})
  await pay()
  const truth = `200 {"correlationId":"${id}","amount":19.9,"requestedAt":"2025-08-09T18:00:00"}`
  expect(await lookUp()).toBe(truth)
  const told: Record<string, string> = {}
  for (const lookUpLie of ['amount', 'id', 'instant', 'text', 'empty'] as const) {
    await setFaults({ ...noFaults, lookUpLie })
    told[lookUpLie] = await lookUp()
  }
  expect(told).toEqual({
    amount: truth.replace('19.9', '19.91'),
    id: truth.replace(
      /\{.*?"correlationId":"[^"]*"/,
      '{"correlationId":"4b7800b9-7c27-4c9c-ab18-4cc0c6ce61b2"',
    ),
    instant: truth.replace('2025-08-09T18', '1970-01-01T00'),
    text: '200 <html>It works!</html>',
    empty: '200',
  })
  await setFaults({ lookUpStatus: 502 })
  expect(await lookUp()).toBe('502')
})

test('100 Continue is sent before the real answer', async () => {
  await start({ continueFirst: true })
  const socket = connect(twin.port, 'localhost')
  socket.write(
    `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  const [data] = await once(socket, 'data')
  socket.destroy()
  expect(String(data)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  expect(await lookUp()).toMatch(/^200/)
})

test('a reset closes the connection without an answer, with the payment recorded or not', async () => {
  await start({})
  twin.model.noise = { ...noNoise, resetBeforeShare: 1 }
  await expect(pay()).rejects.toThrow()
  await expect(lookUp()).rejects.toThrow()
  expect(twin.model.books.count).toBe(0)
  twin.model.noise = { ...noNoise, resetAfterShare: 1 }
  await expect(pay()).rejects.toThrow()
  twin.model.noise = noNoise
  expect([twin.model.books.count, (await pay()).status]).toEqual([1, 422])
})
