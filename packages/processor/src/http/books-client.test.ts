import { startTwin } from '@rinha/processor-twin'
import { expect, onTestFinished, test } from 'vitest'
import { createBooksClient } from './index.ts'
import { rawServer } from './testing.ts'

const id = new Uint8Array(16).fill(0xab)
const atMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)

function booksAt(origin: string, token = '123') {
  const books = createBooksClient({
    ...{ origin, token, timeoutMs: 2000 },
    ...{ connectTimeoutMs: 2000, bodyBytesMax: 4096 },
  })
  onTestFinished(() => books.close())
  return {
    summary: (fromMs: number, toMs: number) => new Promise(done => books.summary(fromMs, toMs, done)),
    lookUp: (correlationId: Uint8Array) => new Promise(done => books.lookUp(correlationId, done)),
  }
}

async function startBooks() {
  const twin = await startTwin({ port: 0 })
  onTestFinished(() => twin.close())
  return { recorded: twin.model.books, origin: `http://localhost:${twin.port}` }
}

test('a window is asked for to the end of its last millisecond, so that neighbours leave nothing out', async () => {
  const { recorded, origin } = await startBooks()
  const books = booksAt(origin)
  recorded.record(id, 1990, atMs + 0.456)
  const one = { kind: 'summed', count: 1, amountCents: 1990 }
  const none = { kind: 'summed', count: 0, amountCents: 0 }
  expect(await books.summary(atMs, atMs)).toEqual(one)
  expect(await books.summary(atMs - 1000, atMs - 1)).toEqual(none)
  expect(await books.summary(atMs + 1, atMs + 1000)).toEqual(none)
  expect(await books.lookUp(id)).toEqual({ kind: 'found', requestedAtMs: atMs, amountCents: 1990 })
  expect(await books.lookUp(new Uint8Array(16))).toEqual({ kind: 'absent' })
})

test('a refused token is reported, and the connection is used again', async () => {
  const { origin } = await startBooks()
  const books = booksAt(origin, 'wrong')
  const reason = 'the summary answered 401: it refuses the token'
  expect(await books.summary(0, atMs)).toEqual({ kind: 'unknown', reason })
  expect(await books.summary(0, atMs)).toEqual({ kind: 'unknown', reason })
})

test.each([
  ['{"totalRequests":1.5,"totalAmount":1}', /no count/],
  ['{"totalRequests":-1,"totalAmount":1}', /no count/],
  ['{"totalRequests":"1","totalAmount":1}', /no count/],
  ['{"totalRequests":1,"totalAmount":1.234}', /no whole number of cents/],
  ['{"totalRequests":1}', /no whole number of cents/],
  ['[]', /no count/],
  ['<html>', /no count/],
])('a summary that is none is unknown: %s', async (body, reason) => {
  const server = await rawServer((socket, text) => {
    if (text.includes('\r\n\r\n'))
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  })
  onTestFinished(() => server.close())
  expect(await booksAt(server.origin).summary(0, atMs)).toMatchObject({
    kind: 'unknown',
    reason: expect.stringMatching(reason),
  })
})

test('a processor that never answers or is not there has an unknown summary in time', async () => {
  const silent = await rawServer(() => {})
  onTestFinished(() => silent.close())
  const books = booksAt(silent.origin)
  expect(await books.summary(0, atMs)).toMatchObject({ kind: 'unknown' })
  await silent.close()
  expect(await books.summary(0, atMs)).toMatchObject({ kind: 'unknown' })
})
