import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { assert } from '@rinha/base'
import { ResponseReader } from './response-reader.ts'

/** How a request ended. The latency runs from before the write to the last byte, without the time to connect. */
export type RequestEnd =
  | { readonly kind: 'answer'; readonly status: number; readonly latencyMs: number }
  | { readonly kind: 'failed'; readonly cause: string }

export interface ConnectionTarget {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}

/**
 * One virtual user's keep-alive connection; one request at a time. It is opened by the first request and again by the
 * first after it was lost, as k6's client does.
 *
 * States
 * - `idle` without a socket: from the start, and whenever the connection was lost or given up.
 * - `connecting`: a request waits for the connection; its time limit runs already, its latency does not.
 * - `asked`: written, the answer is awaited.
 * - `idle` with a socket: the answer came and the connection lasts.
 *
 * Invariants
 * 1. Each request ends exactly once, by answer, lost connection or time limit, whichever is first.
 * 2. A socket on which a request failed is destroyed: a late answer can never be taken for the next request's.
 */
export class Connection {
  readonly #target: ConnectionTarget
  #socket: Socket | undefined
  #reader = new ResponseReader()
  #request = ''
  #connected = false
  #writtenAtMs = 0
  #deadline: NodeJS.Timeout | undefined
  #onOver: ((end: RequestEnd) => void) | undefined

  constructor(target: ConnectionTarget) {
    this.#target = target
  }

  /** Sends the bytes of a whole request. `onOver` may be called before this returns. */
  send(request: string, onOver: (end: RequestEnd) => void): void {
    assert(this.#onOver === undefined, 'one request at a time')
    this.#onOver = onOver
    this.#request = request
    this.#deadline = setTimeout(() => this.#fail('timeout'), this.#target.timeoutMs)
    if (this.#connected) this.#write()
    else this.#open()
  }

  /** Ends the request under way, if any, as failed, and the connection. */
  close(): void {
    this.#fail('stopped')
  }

  #open(): void {
    const socket: Socket = connect({
      host: this.#target.host,
      port: this.#target.port,
      noDelay: true,
      onread: { buffer: sharedReadBuffer, callback: count => this.#onBytes(socket, count) },
    })
    this.#socket = socket
    this.#reader = new ResponseReader()
    socket.on('connect', () => {
      if (this.#socket !== socket) return
      this.#connected = true
      this.#write()
    })
    socket.on('error', error => {
      if (this.#socket === socket) this.#fail((error as NodeJS.ErrnoException).code ?? error.message)
    })
    socket.on('close', () => this.#onEnd(socket))
    // With `onread`, no other handler would notice the end of the stream.
    socket.on('end', () => this.#onEnd(socket))
  }

  #write(): void {
    this.#writtenAtMs = performance.now()
    this.#socket?.write(this.#request, 'latin1')
  }

  #onBytes(socket: Socket, count: number): boolean {
    if (this.#socket !== socket) return false
    const result = this.#onOver && this.#reader.push(sharedReadBuffer.subarray(0, count))
    if (this.#onOver === undefined) this.#drop()
    else if (result?.kind === 'answer') this.#answer(result.status, result.keepsAlive)
    else if (result?.kind === 'malformed') this.#fail(`not HTTP (${result.reason})`)
    return true
  }

  #onEnd(socket: Socket): void {
    if (this.#socket !== socket) return
    if (this.#onOver === undefined) return this.#drop()
    const result = this.#reader.end()
    if (result.kind === 'answer') this.#answer(result.status, false)
    else this.#fail('connection closed')
  }

  #answer(status: number, keepsAlive: boolean): void {
    const latencyMs = performance.now() - this.#writtenAtMs
    if (!keepsAlive) this.#drop()
    this.#finish({ kind: 'answer', status, latencyMs })
  }

  #fail(cause: string): void {
    this.#drop()
    this.#finish({ kind: 'failed', cause })
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#connected = false
    socket?.destroy()
  }

  #finish(end: RequestEnd): void {
    const onOver = this.#onOver
    this.#onOver = undefined
    clearTimeout(this.#deadline)
    onOver?.(end)
  }
}

/**
 * All connections read into the same bytes: a read is dealt with before the next one happens, and an answer is small.
 * It spares an allocation a read.
 */
const sharedReadBuffer = Buffer.allocUnsafeSlow(65_536)
