import {
  type ByteStream,
  CoordinatorEnd,
  type HandshakeCrypto,
  NodeEnd,
  nonceBytes,
  proofBytes,
  type StreamEvents,
} from '@rinha/channel'
import type { Shard } from '@rinha/payment'
import { VirtualTime } from '@rinha/testing'
import { assertDocumented } from './assert-documented.ts'
import { ApiNode, type HttpRequest, type HttpResponse, type KeyHolder, type NodeOptions } from './index.ts'
import { Coordinator } from './test-coordinator.ts'

export { Coordinator }

/** What the tests of the node share: both ends of the channel as they ship, in memory and in time that tests advance. */

/** One end of a connection in memory. */
class Pipe implements ByteStream {
  readonly peer = 'peer'
  readonly needsDrain = false
  other: Pipe | undefined
  writeCount = 0
  readonly #clock: VirtualTime
  readonly #wayMs: number
  #events: StreamEvents | undefined
  #open = true

  constructor(clock: VirtualTime, wayMs: number) {
    this.#clock = clock
    this.#wayMs = wayMs
  }

  static pair(clock: VirtualTime, wayMs: number): readonly [Pipe, Pipe] {
    const [near, far] = [new Pipe(clock, wayMs), new Pipe(clock, wayMs)]
    near.other = far
    far.other = near
    return [near, far]
  }

  attach(events: StreamEvents): void {
    this.#events = events
  }

  write(bytes: Uint8Array): void {
    this.writeCount += 1
    if (this.#open) this.#clock.after(this.#wayMs, () => this.other?.receive(bytes))
  }

  receive(bytes: Uint8Array): void {
    this.#events?.onData(bytes)
  }

  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (!this.#open) return
    this.#open = false
    this.#clock.soon(() => {
      this.#events?.onClosed()
      this.other?.destroy()
    })
  }
}

let nonceCount = 0
const crypto: HandshakeCrypto = {
  nonce: () => {
    nonceCount += 1
    return new Uint8Array(nonceBytes).fill(nonceCount)
  },
  hmac: transcript => new Uint8Array(proofBytes).fill(transcript.reduce((sum, byte) => sum + byte, 0)),
  equal: (a, b) => a.every((byte, index) => byte === b[index]),
}

/** One request and what became of it: an answer that the document of the node has. */
export class Call implements HttpRequest, HttpResponse {
  status = 0
  readonly headers: Record<string, string> = {}
  text = ''
  answerCount = 0
  closesConnection = false
  isPaused = false
  leave: () => void = () => {}
  readonly #method: string
  readonly #target: string
  readonly #requestHeaders: Readonly<Record<string, string>>
  #take: (piece: ArrayBuffer, isLast: boolean) => void = () => {}

  /** `line` as in `GET /payments-summary?from=…`. Several lines of a header stand in its value, a line each. */
  constructor(line: string, headers: Readonly<Record<string, string>> = {}) {
    const [method = '', target = ''] = line.split(' ')
    this.#method = method.toLowerCase()
    this.#target = target
    this.#requestHeaders = headers
  }

  /** Hands over pieces of a body, and takes each back. */
  send(pieces: readonly string[], isWhole = true): this {
    for (const [index, text] of pieces.entries()) {
      const piece = Uint8Array.from(text, character => character.charCodeAt(0))
      this.#take(piece.buffer, isWhole && index === pieces.length - 1)
      piece.fill(0)
    }
    return this
  }

  getMethod(): string {
    return this.#method
  }

  getUrl(): string {
    return this.#target.split('?')[0] ?? ''
  }

  getQuery(): string {
    return this.#target.split('?')[1] ?? ''
  }

  getHeader(name: string): string {
    return this.#requestHeaders[name]?.split('\n')[0] ?? ''
  }

  forEach(run: (name: string, value: string) => void): void {
    for (const [name, lines] of Object.entries(this.#requestHeaders)) {
      for (const value of lines.split('\n')) run(name, value)
    }
  }

  onAborted(run: () => void): void {
    this.leave = run
  }

  onData(take: (piece: ArrayBuffer, isLast: boolean) => void): void {
    this.#take = take
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  cork(run: () => void): void {
    run()
  }

  writeStatus(status: string): void {
    this.status = Number(status.slice(0, 3))
  }

  writeHeader(name: string, value: string): void {
    this.headers[name] = value
  }

  end(body = '', closesConnection = false): void {
    this.text = body
    this.answerCount += 1
    this.closesConnection = closesConnection
    assertDocumented(this.#method, this.#target, this)
  }

  endWithoutBody(): void {
    this.end()
  }
}

export const ackWaitMsMax = 1000
export const bodyMsMax = 2000

type TestOptions = Partial<NodeOptions> & { readonly bufferCountMax?: number }

/** A node's channel to one shard, and that shard's coordinator. */
class TestShard {
  readonly channel: NodeEnd
  readonly #clock: VirtualTime
  readonly #shard: Shard
  readonly #wayMs: number
  #server: CoordinatorEnd | undefined
  #wire: Pipe | undefined

  constructor(
    clock: VirtualTime,
    shard: Shard,
    coordinator: Coordinator | undefined,
    options: TestOptions,
    wayMs: number,
  ) {
    this.#clock = clock
    this.#shard = shard
    this.#wayMs = wayMs
    if (coordinator !== undefined) this.comeBack(coordinator)
    this.channel = new NodeEnd(
      {
        bufferCountMax: 100,
        bufferAgeMsMax: 60_000,
        requestTimeoutMs: 1000,
        requestCountMax: 10,
        heartbeatMs: 1000,
        reconnectMsMin: 1,
        reconnectMsMax: 10,
        nodeName: 'api1',
        shard,
        ...options,
      },
      {
        timers: clock,
        nowMs: () => clock.nowMs,
        chance: this.#chance(7),
        crypto,
        connect: onConnected => this.#connect(onConnected),
      },
    )
  }

  comeBack(coordinator: Coordinator): void {
    this.#server = new CoordinatorEnd(
      {
        windowCountMax: 100,
        nodeCountMax: 1,
        heartbeatMs: 1000,
        handshakeTimeoutMs: 1000,
        shard: this.#shard,
      },
      coordinator,
      { timers: this.#clock, chance: this.#chance(9), crypto },
    )
  }

  goAway(): void {
    this.#server = undefined
    this.#wire?.destroy()
  }

  get writeCount(): number {
    return this.#wire?.writeCount ?? 0
  }

  #chance(byte: number) {
    return { unit: () => 0.5, bytes: (count: number) => new Uint8Array(count).fill(byte) }
  }

  #connect(onConnected: () => void): ByteStream {
    const [near, far] = Pipe.pair(this.#clock, this.#wayMs)
    this.#wire = near
    this.#clock.soon(() => {
      if (this.#server === undefined) return near.destroy()
      this.#server.onConnection(far)
      onConnected()
    })
    return near
  }
}

/** A node with its ports in memory. Without a coordinator, it is not connected. With several, each has a shard. */
export class TestNode {
  readonly clock = new VirtualTime()
  readonly node: ApiNode
  readonly shards: readonly TestShard[]

  constructor(
    coordinators?: Coordinator | readonly (Coordinator | undefined)[],
    options: TestOptions = {},
    wayMs = 0,
    keyHolderOf?: (key: string) => KeyHolder | undefined,
  ) {
    const all = Array.isArray(coordinators) ? coordinators : [coordinators]
    this.shards = all.map((coordinator, index) => {
      const shard = { index, count: all.length }
      return new TestShard(this.clock, shard, coordinator, options, wayMs)
    })
    this.node = new ApiNode(
      {
        channels: this.shards.map(({ channel }) => channel),
        timers: this.clock,
        monotonicMs: () => this.clock.nowMs,
        ...(keyHolderOf && { keyHolderOf }),
      },
      {
        nodeName: 'api1',
        bodyBytesMax: 4096,
        bodyMsMax,
        ackLevel: 'queued',
        ackLevelMin: 'received',
        ackWaitMsMax,
        waitSecondsMax: 30,
        waitCountMax: 2,
        ...options,
      },
    )
    this.clock.pass(5)
  }

  get channel(): NodeEnd {
    return this.#first.channel
  }

  /** A coordinator is there from now on. */
  comeBack(coordinator: Coordinator): void {
    this.#first.comeBack(coordinator)
  }

  /** The connection breaks, and no new one can be made. */
  goAway(): void {
    this.#first.goAway()
  }

  /** How often the node has written to its connection. */
  get writeCount(): number {
    return this.#first.writeCount
  }

  get #first(): TestShard {
    return this.shards[0] as TestShard
  }

  /** A request without a body, and its answer a moment later. */
  ask(line: string): Call {
    const call = this.begin(line)
    this.clock.pass(1)
    return call
  }

  begin(line: string, headers?: Readonly<Record<string, string>>): Call {
    const call = new Call(line, headers)
    this.node.serve(call, call)
    return call
  }

  post(pieces: string | readonly string[], headers: Readonly<Record<string, string>> = {}): Call {
    const call = this.begin('POST /payments', { 'content-type': 'application/json', ...headers })
    return call.send(typeof pieces === 'string' ? [pieces] : pieces)
  }
}

export const idOf = (number: number) => `4a7901b8-7d26-4d9d-aa19-${number.toString(16).padStart(12, '0')}`
export const paymentJson = (number: number, lexeme = '19.90') =>
  `{"correlationId":"${idOf(number)}","amount":${lexeme}}`
