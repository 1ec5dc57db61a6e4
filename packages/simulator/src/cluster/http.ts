import type { Prng, Timers } from '@rinha/base'
import type { HttpRequest, HttpResponse } from '@rinha/node'
import type { World } from '../world.ts'
import type { Trace } from './trace.ts'

/** A request as a client writes it. */
export interface HttpMessage {
  readonly method: 'get' | 'post' | 'head' | 'put'
  readonly path: string
  readonly query?: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces of one byte each. */
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Hears the answer as the node writes it, or that the node died first (`undefined`); nothing where the client has left. */
export type OnAnswer = (answer: HttpAnswer | undefined, exchange: HttpExchange) => void

/** The parts that all requests at one life of a node share. */
export interface ExchangeContext {
  readonly world: World
  readonly prng: Prng
  /** The timers of the node's process: nothing of a request arrives once it is dead. */
  readonly timers: Timers
  readonly trace: Trace
  /** The node is about to be called on behalf of this request. */
  readonly onTurn: (exchange: HttpExchange) => void
  /** Answered, given up by its client, or cut off by the node's death. */
  readonly onOver: (exchange: HttpExchange) => void
}

const piecesMax = 4
const pieceGapMsMax = 2

/**
 * One request at a node and its way back, as an HTTP server would have them: in place of uWebSockets.js. It cuts bodies
 * into pieces, takes each piece back after its call, and blames who reads a request that is over, touches a response
 * that has ended, or writes outside of one piece.
 *
 *   open → the node's `end` → answered
 *   open → {@link leave}, the client has gone → gone
 *   open → {@link reset}, the node's process has died → gone
 */
export class HttpExchange implements HttpRequest, HttpResponse {
  /** Whether the channel took the payment that this request brought; `undefined`: it was not offered. */
  taken: boolean | undefined
  /** When the last byte of the body was there. */
  wholeAtMs = 0
  readonly #message: HttpMessage
  readonly #context: ExchangeContext
  readonly #onAnswer: OnAnswer
  #state: 'open' | 'answered' | 'gone' = 'open'
  #readable = true
  #corked = false
  #take: ((piece: ArrayBuffer, isLast: boolean) => void) | undefined
  #onAborted: (() => void) | undefined
  #status = 0
  readonly #headers: Record<string, string> = {}

  constructor(message: HttpMessage, context: ExchangeContext, onAnswer: OnAnswer) {
    this.#message = message
    this.#context = context
    this.#onAnswer = onAnswer
  }

  /** Hands the request to a node, and then its body. */
  begin(serve: (response: HttpResponse, request: HttpRequest) => void): void {
    this.#turn()
    serve(this, this)
    this.#readable = false
    this.#deliver(0, this.#context.prng.chance(0.2) ? piecesMax : 1)
  }

  /** The client goes away. */
  leave(): void {
    if (this.#state !== 'open') return
    this.#state = 'gone'
    this.#context.onOver(this)
    this.#turn()
    this.#onAborted?.()
  }

  /** The node's process is dead. */
  reset(): void {
    if (this.#state !== 'open') return
    this.#state = 'gone'
    this.#over(undefined)
  }

  /** Whether its body is whole, and its payment the one with this id, and not offered so far. */
  brings(id: string): boolean {
    return this.wholeAtMs > 0 && this.taken === undefined && this.#message.body?.includes(id) === true
  }

  #turn(): void {
    this.#context.onTurn(this)
  }

  #over(answer: HttpAnswer | undefined): void {
    this.#context.onOver(this)
    this.#onAnswer(answer, this)
  }

  /** The rest of the body from `from` on, in at most so many pieces. */
  #deliver(from: number, piecesLeft: number): void {
    if (this.#state === 'gone') return
    const { prng, timers, world } = this.#context
    const { body = '' } = this.#message
    const leftCount = body.length - from
    const isLast = piecesLeft === 1 || leftCount < 2
    const count = isLast ? leftCount : prng.integer(1, leftCount)
    const piece = pieceOf(count)
    for (let at = 0; at < count; at += 1) piece[at] = body.charCodeAt(from + at)
    if (isLast) this.wholeAtMs = world.nowMs
    this.#turn()
    this.#take?.(piece.buffer, isLast)
    piece.fill(0)
    if (isLast) return
    timers.after(prng.unit() * pieceGapMsMax, () => this.#deliver(from + count, piecesLeft - 1))
  }

  // — What the node is given —

  getMethod(): string {
    return this.#read().method
  }

  getUrl(): string {
    return this.#read().path
  }

  getQuery(): string {
    return this.#read().query ?? ''
  }

  getHeader(lowerCaseName: string): string {
    return this.#read().headers?.[lowerCaseName] ?? ''
  }

  forEach(run: (name: string, value: string) => void): void {
    for (const [name, value] of Object.entries(this.#read().headers ?? {})) run(name, value)
  }

  onAborted(run: () => void): void {
    this.#onAborted = run
  }

  onData(take: (piece: ArrayBuffer, isLast: boolean) => void): void {
    this.#touch('reads the body')
    this.#take = take
  }

  pause(): void {
    this.#touch('pauses')
  }

  resume(): void {
    this.#touch('resumes')
  }

  cork(run: () => void): void {
    this.#touch('writes')
    this.#corked = true
    run()
    this.#corked = false
  }

  writeStatus(status: string): void {
    this.#write('a status')
    this.#status = Number(status.slice(0, 3))
  }

  writeHeader(name: string, value: string): void {
    this.#write('a header')
    this.#headers[name.toLowerCase()] = value
  }

  end(body = ''): void {
    this.#write('an end')
    this.#state = 'answered'
    this.#over({ status: this.#status, headers: this.#headers, body })
  }

  endWithoutBody(): void {
    this.end()
  }

  #read(): HttpMessage {
    if (!this.#readable) this.#blame('reads a request that is over')
    return this.#message
  }

  #write(what: string): void {
    this.#touch(`writes ${what}`)
    if (!this.#corked) this.#blame(`writes ${what} on its own`)
  }

  #touch(what: string): void {
    if (this.#state !== 'open') this.#blame(`${what} on a response that is ${this.#state}`)
  }

  #blame(words: string): never {
    const { method, path } = this.#message
    return this.#context.trace.blame('protocol', `a node ${words} (${method} ${path})`)
  }
}

/** Buffers by length. Each is taken back after its call, and then filled with other bytes. */
const pieces = new Map<number, Uint8Array<ArrayBuffer>>()

function pieceOf(bytes: number): Uint8Array<ArrayBuffer> {
  let piece = pieces.get(bytes)
  if (piece === undefined) {
    piece = new Uint8Array(bytes)
    pieces.set(bytes, piece)
  }
  return piece
}
