import { assert, joinBytes } from '@rinha/base'
import { VirtualTime } from '@rinha/testing'
import type { HandshakeCrypto } from '../handshake.ts'
import type { ChannelRequestKind, ChannelRequests } from '../port.ts'
import { Coordinator, Peer, paymentId, range, secret, testCrypto } from '../testing.ts'
import { CoordinatorEnd } from './coordinator-end.ts'
import { NodeEnd } from './node-end.ts'
import type { CoordinatorEndOptions, NodeEndOptions } from './options.ts'
import type { ByteStream, Chance, StreamEvents } from './ports.ts'

/**
 * Both ends of the channel in virtual time. Bytes take no time, so that after {@link VirtualTime.settle} everything that
 * will come without a timer has come: "nothing came" is then a fact and not a matter of patience.
 */

/** The amount of unsent data after which a socket asks its writer to wait. */
const unsentBytesMax = 16 * 1024

/** A connection that a test can hold, cut, break at a byte, or slow down to a byte at a time. */
export class Wire {
  /** A dead link: nothing arrives, not even the close of the other end, and neither end is told. */
  held = false
  /** The most that arrives at once. */
  pieceBytes = Number.POSITIVE_INFINITY
  /** The wire is cut when this many more bytes, of both directions together, have arrived. */
  bytesLeft = Number.POSITIVE_INFINITY
  readonly ends: readonly [WireEnd, WireEnd]
  readonly #time: VirtualTime

  constructor(time: VirtualTime) {
    this.#time = time
    this.ends = [new WireEnd(this, 'called'), new WireEnd(this, 'caller')]
  }

  wake(): void {
    this.#time.after(0, () => {
      this.ends[0].pump(this.ends[1])
      this.ends[1].pump(this.ends[0])
    })
  }

  later(run: () => void): void {
    this.#time.after(0, run)
  }

  cut(reason = 'read ECONNRESET'): void {
    for (const end of this.ends) end.close(reason)
  }
}

class WireEnd implements ByteStream {
  readonly peer: string
  readonly #wire: Wire
  #events: StreamEvents | undefined
  #state: 'open' | 'ending' | 'closed' = 'open'
  #unsent: Uint8Array = new Uint8Array()
  /** Where in it each part ends that came while the other end was paused. */
  #partEnds: readonly number[] = []
  #full = false
  #corked = false
  #paused = false

  constructor(wire: Wire, peer: string) {
    this.#wire = wire
    this.peer = peer
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  get needsDrain(): boolean {
    return this.#full && this.open
  }

  attach(events: StreamEvents): void {
    this.#events = events
    this.#wire.wake()
  }

  write(bytes: Uint8Array): void {
    if (!this.open) return
    this.#unsent = joinBytes([this.#unsent, bytes])
    this.#full ||= this.#unsent.length >= unsentBytesMax
    this.#wire.wake()
  }

  cork(): void {
    this.#corked = true
  }

  uncork(): void {
    this.#corked = false
    this.#wire.wake()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wire.wake()
  }

  end(): void {
    if (this.open) this.#state = 'ending'
    this.#wire.wake()
  }

  destroy(): void {
    this.close(undefined)
    this.#wire.wake()
  }

  close(reason: string | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#unsent = new Uint8Array()
    this.#wire.later(() => {
      if (reason !== undefined) this.#events?.onError(reason)
      this.#events?.onClosed()
    })
  }

  /** Delivers what was written here to the other end, and then the end of the stream. */
  pump(to: WireEnd): void {
    if (to.#state === 'closed') return
    if (to.#paused && this.#unsent.length > (this.#partEnds.at(-1) ?? 0))
      this.#partEnds = [...this.#partEnds, this.#unsent.length]
    while (this.#unsent.length > 0 && !(this.#corked && this.open) && to.#listens()) this.#move(to)
    if (this.#unsent.length > 0 || this.#wire.held) return
    if (this.open && this.#full) {
      this.#full = false
      this.#events?.onDrained()
    }
    if (this.open || !to.#listens()) return
    to.close(undefined)
    this.close(undefined)
  }

  #move(to: WireEnd): void {
    const wire = this.#wire
    const [partEnd = Number.POSITIVE_INFINITY] = this.#partEnds
    const piece = this.#unsent.subarray(0, Math.min(wire.pieceBytes, wire.bytesLeft, partEnd))
    wire.bytesLeft -= piece.length
    this.#unsent = this.#unsent.subarray(piece.length)
    this.#partEnds = this.#partEnds.map(end => end - piece.length).filter(end => end > 0)
    if (piece.length > 0) to.#events?.onData(piece)
    if (wire.bytesLeft === 0) wire.cut()
  }

  #listens(): boolean {
    return this.#state !== 'closed' && !this.#paused && !this.#wire.held && this.#events !== undefined
  }
}

/** Half of every range, and the same bytes never twice. */
function testChance(): Chance {
  // Far from the session ids that tests give to peers of their own.
  let count = 100
  return {
    unit: () => 0.5,
    bytes: bytesCount => {
      count += 1
      return new Uint8Array(bytesCount).fill(count)
    },
  }
}

/** A node's end, with the events that it has reported to its process. */
export class TestNode {
  readonly problems: string[] = []
  readonly changes: boolean[] = []
  readonly acknowledged: (readonly [queued: number, journaled: number])[] = []
  /** The same events and conflicts, in the order in which they came. */
  readonly heard: string[] = []
  readonly end: NodeEnd

  constructor(
    channel: TestChannel,
    options: Partial<NodeEndOptions>,
    crypto: HandshakeCrypto,
    connect: (onConnected: () => void, candidate: number) => ByteStream,
  ) {
    const { time, chance } = channel
    this.end = new NodeEnd(
      {
        ...nodeOptions,
        onProblem: problem => this.problems.push(problem),
        onConnectedChange: connected => this.changes.push(connected),
        ...options,
      },
      { timers: time, nowMs: () => time.nowMs, chance, crypto, connect },
    )
    this.end.onAcknowledged((...sequences) => {
      this.acknowledged.push(sequences)
      this.heard.push(`acknowledged ${sequences[0]}`)
    })
    this.end.onConflict((sequence, { kind }) => this.heard.push(`${kind} ${sequence}`))
  }

  /** Offers payments whose amount is their number: the sequence number of each, where it was taken. */
  offer(first: number, last: number): readonly (number | undefined)[] {
    return range(first, last).map(number => this.end.offerPayment(paymentId(number), number, true))
  }

  /** An answer is added to the list when it arrives. */
  ask<Kind extends ChannelRequestKind>(kind: Kind, params: ChannelRequests[Kind]['params']): unknown[] {
    const answers: unknown[] = []
    this.end.request(kind, params, answer => answers.push(answer))
    return answers
  }
}

/** A coordinator's end, and peers that connect to it over wires. */
export class TestChannel {
  readonly time = new VirtualTime()
  readonly chance = testChance()
  /** Every connection so far, the latest last. */
  readonly wires: Wire[] = []
  readonly problems: string[] = []
  /** The properties of a wire at its start. */
  onWire: (wire: Wire) => void = () => {}
  /** The end that answers a call. `undefined`: nobody answers. */
  door: ((stream: ByteStream) => void) | undefined

  /** A coordinator's end that answers from now on, in place of the one before. */
  listen(
    handlers = new Coordinator(),
    options: Partial<CoordinatorEndOptions> = {},
    key = secret,
  ): CoordinatorEnd {
    const onProblem = (problem: string) => this.problems.push(problem)
    const { time: timers, chance } = this
    const ports = { timers, chance, crypto: testCrypto(key) }
    const end = new CoordinatorEnd({ ...coordinatorOptions, onProblem, ...options }, handlers, ports)
    this.door = stream => end.onConnection(stream)
    return end
  }

  /** A node that tries to connect at once. */
  node(options: Partial<NodeEndOptions> = {}, key = secret): TestNode {
    return new TestNode(this, options, testCrypto(key), onConnected => this.connect(onConnected))
  }

  /** A node that is connected. */
  connectedNode(options: Partial<NodeEndOptions> = {}): TestNode {
    const node = this.node(options)
    this.time.settle()
    assert(node.end.connected, 'the node is connected')
    return node
  }

  /** A peer that connects and sends bytes. */
  stranger(): Peer {
    const peer = new Peer(this.connect(() => {}))
    this.time.settle()
    return peer
  }

  /** A peer that has gone through the handshake as a node does. */
  peer(session = 1, claims: Parameters<Peer['knock']>[3] = {}): Peer {
    const peer = this.stranger()
    peer.knock(session, testCrypto(secret), () => this.connect(() => {}), claims)
    this.time.settle()
    return peer
  }

  /** From now on a coordinator of bytes answers: the first connection of each node that called, the latest first. */
  rawCoordinator(promise: Parameters<Peer['welcome']>[2] = {}): readonly Peer[] {
    const peers: Peer[] = []
    this.door = stream => {
      new Peer(stream).welcome(testCrypto(secret), peers, promise)
    }
    return peers
  }

  connect(onConnected: () => void): ByteStream {
    const wire = new Wire(this.time)
    this.wires.push(wire)
    this.onWire(wire)
    const [near, far] = wire.ends
    this.time.after(0, () => {
      if (!near.open) return
      if (this.door === undefined) return wire.cut('connect ECONNREFUSED')
      this.door(far)
      onConnected()
    })
    return near
  }
}

export const nodeOptions: NodeEndOptions = {
  nodeName: 'api1',
  bufferCountMax: 10_000,
  bufferAgeMsMax: 60_000,
  requestTimeoutMs: 500,
  requestCountMax: 8,
  heartbeatMs: 1000,
  reconnectMsMin: 10,
  reconnectMsMax: 200,
}

export const coordinatorOptions: CoordinatorEndOptions = {
  windowCountMax: 4096,
  nodeCountMax: 4,
  heartbeatMs: 1000,
  handshakeTimeoutMs: 1000,
}
