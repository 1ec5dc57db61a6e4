import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineBytesMax, type ReadResult, ResponseReader } from './response-reader.ts'

const answers: readonly (readonly [name: string, text: string, status: number, keepsAlive: boolean])[] = [
  ['a body of a length', 'HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\n12345', 202, true],
  ['an empty body', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 200, true],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', 204, true],
  ['no reason', 'HTTP/1.1 204\r\n\r\n', 204, true],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123\r\n6789\r\n0\r\n\r\n',
    200,
    true,
  ],
  [
    'chunks and a trailer',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\n',
    200,
    true,
  ],
  ['a goodbye', 'HTTP/1.1 503 Busy\r\nConnection: close\r\ncontent-length: 1\r\n\r\n!', 503, false],
  ['an HTTP/1.0 answer', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', 200, false],
  [
    'an interim answer first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n',
    201,
    true,
  ],
]

test.each(answers)('%s is read alike wherever it is cut', (_name, text, status, keepsAlive) => {
  const bytes = Buffer.from(text, 'latin1')
  for (let cut = 1; cut < bytes.length; cut += 1) {
    expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([
      { kind: 'answer', status, keepsAlive },
    ])
  }
  expect(readAll([...bytes].map(byte => Buffer.from([byte])))).toEqual([
    { kind: 'answer', status, keepsAlive },
  ])
})

test('one reader reads all answers of a kept connection', () => {
  const lasting = answers.filter(([, , , keepsAlive]) => keepsAlive)
  const results = readAll(lasting.map(([, text]) => Buffer.from(text, 'latin1')))
  expect(results.map(result => result.kind === 'answer' && result.status)).toEqual(
    lasting.map(([, , status]) => status),
  )
})

test('an answer without a length ends with the connection, and an answer with a length is then cut', () => {
  const reader = new ResponseReader()
  expect(reader.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nsome body'))).toBeUndefined()
  expect(reader.end()).toEqual({ kind: 'answer', status: 200, keepsAlive: false })
  const cut = new ResponseReader()
  expect(cut.push(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome'))).toBeUndefined()
  expect(cut.end()).toEqual({ kind: 'cut' })
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', 'status line'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', 'chunk size'],
  ['more than the answer', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n12', 'bytes after the answer'],
  ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(lineBytesMax)}`, 'line too long'],
])('%s is a problem, not a hang', (_name, text, reason) => {
  expect(new ResponseReader().push(Buffer.from(text))).toEqual({ kind: 'malformed', reason })
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), chunks => {
      const reader = new ResponseReader()
      for (const chunk of chunks) if (reader.push(Buffer.from(chunk)) !== undefined) return
      reader.end()
    }),
  )
})

function readAll(chunks: readonly Buffer[]): readonly ReadResult[] {
  const reader = new ResponseReader()
  return chunks.map(chunk => reader.push(chunk)).filter(result => result !== undefined)
}
