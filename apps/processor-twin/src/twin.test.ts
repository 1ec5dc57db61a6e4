import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartProblem } from '@rinha/service'
import { until } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { bodyBytesMax } from './options.ts'
import { startTwin, type Twin } from './twin.ts'

const twins: Twin[] = []

async function start(...given: Parameters<typeof startTwin>): Promise<Twin & { url: string }> {
  const twin = await startTwin({ port: 0, ...given[0] })
  twins.push(twin)
  return { ...twin, url: `http://localhost:${twin.port}` }
}

afterEach(async () => {
  for (const twin of twins.splice(0)) await twin.close()
})

const asJson = { 'content-type': 'application/json' }
const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'

test('a taken port is a problem that names PORT and the number', async () => {
  const { port } = await start()
  const second = startTwin({ port })
  await expect(second).rejects.toThrow(StartProblem)
  await expect(second).rejects.toThrow(`PORT=${port} `)
})

test('two twins have separate books', async () => {
  const [one, other] = [await start({ name: 'default' }), await start({ name: 'fallback', feeBps: 1500 })]
  await fetch(`${one.url}/payments`, {
    method: 'POST',
    headers: asJson,
    body: JSON.stringify({ correlationId: id, amount: 1 }),
  })
  expect((await fetch(`${one.url}/payments/${id}`)).status).toBe(200)
  expect((await fetch(`${other.url}/payments/${id}`)).status).toBe(404)
  expect(await (await fetch(other.url)).text()).toBe('Payment processor fallback, fee 0.15\n')
})

test('an id in a path may have any form that .NET reads, and other text is answered 400', async () => {
  const { url } = await start()
  await fetch(`${url}/payments`, {
    method: 'POST',
    headers: asJson,
    body: JSON.stringify({ CORRELATIONID: id, Amount: '19.90', requestedat: '2025-08-09T18:00:00-03:00' }),
  })
  for (const form of [id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`, `(${id})`]) {
    const reply = await fetch(`${url}/payments/${form}`)
    const payment = { correlationId: id, amount: 19.9, requestedAt: '2025-08-09T21:00:00' }
    expect(await reply.json()).toEqual(payment)
  }
  expect((await fetch(`${url}/payments/none`)).status).toBe(400)
})

test('unknown paths are 404, wrong methods 405 with what is allowed', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/nothing`)).status).toBe(404)
  const wrong = await fetch(`${url}/payments`)
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
})

test('a body that is too long is 413, and none at all is 400', async () => {
  const { url } = await start({ runningCountMax: 1, waitingCountMax: 0 })
  const long = { method: 'POST', headers: asJson, body: `{"x":"${'x'.repeat(bodyBytesMax)}"}` }
  expect((await fetch(`${url}/payments`, long)).status).toBe(413)
  expect((await fetch(`${url}/payments`, { method: 'POST' })).status).toBe(400)
  // Both requests freed their place.
  expect((await fetch(`${url}/payments`, { method: 'POST', headers: asJson, body: '{}' })).status).toBe(200)
})

test('a body in pieces is read whole, also while it waits for a place', async () => {
  const { url, port, model } = await start({ runningCountMax: 1, delayMs: 500 })
  const first = fetch(`${url}/payments`, { method: 'POST', headers: asJson, body: '{}' })
  await until(() => model.limiter.runningCount === 1)
  const body = JSON.stringify({ correlationId: id, amount: 1 })
  const socket = connect(port, 'localhost')
  const head = `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  for (const piece of [head.slice(0, 30), head.slice(30), body.slice(0, 20), body.slice(20)]) {
    socket.write(piece)
    // TCP does not keep the pieces apart. Only a pause lets the twin read one piece before the next comes.
    await sleep(10)
  }
  await until(() => model.limiter.waitingCount === 1)
  const answer = await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))))
  socket.destroy()
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect((await first).status).toBe(200)
})

test('requests sent without waiting for answers are answered in their order', async () => {
  const { port } = await start()
  const socket = connect(port, 'localhost')
  const put = 'PUT /admin/configurations/delay HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  socket.write(`${put}Content-Length: 9\r\n\r\nnot json!GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n`)
  let text = ''
  for await (const data of socket) {
    text += data
    if (text.includes('404')) break
  }
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 404'])
})

test('a twin that is closed frees its port', async () => {
  const first = await startTwin({ port: 0 })
  await first.close()
  const second = await start({ port: first.port })
  expect(second.port).toBe(first.port)
})
