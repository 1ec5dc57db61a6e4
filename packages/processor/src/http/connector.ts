import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { Names } from './names.ts'

/**
 * undici's connections to one processor. They share the look-ups of its name ({@link Names}), and to them `100 Continue` is one
 * more informational answer. undici takes a 100 that was not asked for as an attack and cuts the connection, so that every
 * payment at a server that always sends one would be unknown. HTTP (RFC 9110, 15.2) lets a client ignore it. undici ignores the
 * other informational answers; so a 100 is handed to it as a 102. Only a status line at the start of what was read is looked
 * at: one that comes in pieces stays a 100, and the payment unknown.
 */
export function connectorOf(connectTimeoutMs: number): buildConnector.connector {
  const names = new Names()
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: names.lookup })
  return (options, callback) =>
    connect(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error !== null || socket === null) {
        names.forget()
        return callback(error ?? new Error('no connection'), null)
      }
      skipContinue(socket)
      callback(null, socket)
    })
}

const statusLine = Buffer.from('HTTP/1.1 100 ')
const headersEnd = '\r\n\r\n'
const lastDigitAt = 'HTTP/1.1 10'.length
const two = 0x32

function skipContinue(socket: Socket): void {
  const read = socket.read.bind(socket)
  socket.read = (sizeBytes?: number) => {
    const chunk: unknown = read(sizeBytes)
    if (Buffer.isBuffer(chunk)) relabel(chunk)
    return chunk
  }
}

/** Some servers send more than one interim answer before the final one. */
function relabel(chunk: Buffer): void {
  for (let at = 0; at >= 0 && startsAt(chunk, at); ) {
    chunk[at + lastDigitAt] = two
    const end = chunk.indexOf(headersEnd, at)
    at = end < 0 ? -1 : end + headersEnd.length
  }
}

function startsAt(chunk: Buffer, at: number): boolean {
  return (
    chunk.length >= at + statusLine.length && statusLine.equals(chunk.subarray(at, at + statusLine.length))
  )
}
