import type { Prng } from '@rinha/base'
import { ApiNode } from '@rinha/node'
import { printCorrelationId, shardOf } from '@rinha/payment'
import type { World } from '../world.ts'
import { type ExchangeContext, HttpExchange, type HttpMessage, type OnAnswer } from './http.ts'
import { type ChannelTarget, NodeChannel } from './node-channel.ts'
import type { Plan } from './plan.ts'
import type { Posted } from './posted.ts'
import { Process } from './process.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WireEnd } from './wire.ts'

export interface NodeContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly secret: number
  /** In their order. */
  readonly shards: readonly ChannelTarget[]
  /** A channel was offered a payment, and took it or did not. */
  readonly onOffered: (correlationId: Uint8Array, channel: NodeChannel, taken: boolean) => void
}

/** The parts that live and die with one process of a node. */
interface Life {
  readonly process: Process
  readonly node: ApiNode
  /** Requests that have no answer yet. */
  readonly open: Set<HttpExchange>
  readonly exchanges: ExchangeContext
}

/**
 * An API node that ships, with its end of the channel to each shard, in a process that may die and come back. Each life is a new
 * session with empty buffers. Only its sockets are simulated: {@link HttpExchange} and the wires.
 */
export class SimNode {
  readonly index: number
  /** One for each shard, in their order. */
  readonly channels: readonly NodeChannel[]
  readonly #context: NodeContext
  readonly #prng: Prng
  #life: Life | undefined
  /** Called once, when the node has next written payments. */
  onWritten: (() => void) | undefined
  /** The request on whose behalf the node runs. */
  #turn: HttpExchange | undefined

  constructor(index: number, context: NodeContext) {
    this.index = index
    this.#context = context
    this.#prng = context.world.stream()
    this.channels = context.shards.map(shard => {
      const channel: NodeChannel = new NodeChannel(index, {
        ...context,
        ...shard,
        name: this.name,
        onOffered: (correlationId, taken) => this.#onOffered(correlationId, channel, taken),
        onWritten: () => this.#onWritten(),
      })
      return channel
    })
  }

  get name(): string {
    return `api${this.index + 1}`
  }

  get isUp(): boolean {
    return this.#life !== undefined
  }

  /** The channel that a payment takes. */
  channelOf({ correlationId }: Pick<Posted, 'correlationId'>): NodeChannel {
    return this.channels[shardOf(correlationId, this.channels.length)] as NodeChannel
  }

  /** A coordinator has welcomed it. */
  get isConnected(): boolean {
    return this.channels.some(({ end }) => end?.connected === true)
  }

  /** Payments that it holds, if it is up. */
  get heldCount(): number | undefined {
    if (!this.isUp) return undefined
    return this.channels.reduce((sum, { end }) => sum + (end?.unacknowledgedCount ?? 0), 0)
  }

  start(): void {
    const { world, plan, trace, secret } = this.#context
    const process = new Process(world, secret)
    const ends = this.channels.map(channel => channel.open(process))
    const ports = { channels: ends, timers: process.timers, monotonicMs: () => world.nowMs }
    const node = new ApiNode(ports, { ...plan, nodeName: this.name })
    const open = new Set<HttpExchange>()
    const exchanges: ExchangeContext = {
      world,
      trace,
      prng: this.#prng,
      timers: process.timers,
      onTurn: turn => {
        this.#turn = turn
      },
      onOver: over => open.delete(over),
    }
    this.#life = { process, node, open, exchanges }
  }

  /**
   * The process dies without a word. Answers what it had written to the connections of each channel that nothing has broken: its
   * system delivers that.
   */
  kill(): readonly ReadonlyMap<number, WireEnd>[] {
    const life = this.#life
    this.#life = undefined
    life?.process.kill()
    const delivered = this.channels.map(channel => channel.kill())
    for (const exchange of life?.open ?? []) exchange.reset()
    return delivered
  }

  /** Sends the node a request. `undefined`: nobody listens. */
  request(message: HttpMessage, onAnswer: OnAnswer): HttpExchange | undefined {
    const life = this.#life
    if (life === undefined) return undefined
    const exchange = new HttpExchange(message, life.exchanges, onAnswer)
    life.open.add(exchange)
    exchange.begin(life.node.serve)
    return exchange
  }

  /** Long after the last request: each was answered, or its client has left, and the node counts them alike. */
  finish(): void {
    const { world, plan, trace } = this.#context
    const life = this.#life
    if (life === undefined) return
    const open = [...life.open]
    if (life.node.openRequests.count !== open.length) {
      trace.blame('bounds', `${open.length} requests are open, ${life.node.openRequests.count} counted`)
    }
    const sinceMs =
      world.nowMs - Math.max(plan.ackWaitMsMax, plan.waitSecondsMax * 1000 + plan.requestTimeoutMs) - slackMs
    const lateCount = open.filter(({ wholeAtMs }) => wholeAtMs > 0 && wholeAtMs < sinceMs).length
    if (lateCount > 0) trace.blame('reads', `node ${this.index} never answered ${lateCount} requests`)
  }

  #onOffered(correlationId: Uint8Array, channel: NodeChannel, taken: boolean): void {
    const id = printCorrelationId(correlationId)
    const open = [...(this.#life?.open ?? [])]
    // If the coordinator was asked first, the answer comes in a later turn.
    const exchange = this.#turn?.brings(id) ? this.#turn : open.find(each => each.brings(id))
    if (exchange !== undefined) exchange.taken = taken
    this.#context.onOffered(correlationId, channel, taken)
  }

  #onWritten(): void {
    const { onWritten } = this
    this.onWritten = undefined
    onWritten?.()
  }
}

const slackMs = 100
