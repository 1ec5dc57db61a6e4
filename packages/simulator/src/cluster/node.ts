import type { Cancel, Prng } from '@rinha/base'
import {
  type ChannelAnswer,
  type ChannelRequestKind,
  type ChannelRequests,
  decodeMessage,
  frameHeaderBytes,
  NodeEnd,
} from '@rinha/channel'
import { ApiNode } from '@rinha/node'
import { paymentRecordBytes, printCorrelationId } from '@rinha/payment'
import type { World } from '../world.ts'
import { type ExchangeContext, HttpExchange, type HttpMessage, type OnAnswer } from './http.ts'
import type { Network } from './network.ts'
import { addressesOf, type Plan } from './plan.ts'
import { numberOf } from './posted.ts'
import { checkProblem } from './problems.ts'
import { Process } from './process.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WireEnd } from './wire.ts'

/** A coordinator, as far as a node has to do with it. */
interface Welcoming {
  readonly watch: { knowsPredecessor: boolean }
  /** Of its leadership; 0: it is the only one. */
  readonly epoch: number
}

export interface NodeContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly network: Network
  readonly secret: number
  /** The coordinator that runs now on a machine: the only one, or a candidate. */
  readonly coordinator: (candidate: number) => Welcoming | undefined
  /** The coordinator that leads, where there are several. */
  readonly leader?: () => Welcoming | undefined
  /** The channel was offered a payment, and took it or did not. */
  readonly onOffered: (correlationId: Uint8Array, node: SimNode, taken: boolean) => void
}

/** The parts that live and die with one process of a node. */
interface Life {
  readonly process: Process
  readonly end: NodeEnd
  readonly node: ApiNode
  /** Requests that have no answer yet. */
  readonly open: Set<HttpExchange>
  readonly exchanges: ExchangeContext
  /** Numbers of the payments that it has written, each with the connection that it wrote it to last. */
  readonly written: Map<number, WireEnd>
}

/** The node's end of the channel that ships, with an observer of the payments that it takes and of its answers. */
class WatchedEnd extends NodeEnd {
  onOffered: (correlationId: Uint8Array, taken: boolean) => void = () => {}
  onSecondAnswer: () => void = () => {}
  onNoWord: () => void = () => {}

  override offerPayment(
    correlationId: Uint8Array,
    amountCents: number,
    isAwaited?: boolean,
  ): number | undefined {
    const sequence = super.offerPayment(correlationId, amountCents, isAwaited)
    this.onOffered(correlationId, sequence !== undefined)
    return sequence
  }

  override request<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    answer: (answer: ChannelAnswer<Kind>) => void,
  ): Cancel {
    let answered = false
    return super.request(kind, params, result => {
      if (answered) this.onSecondAnswer()
      answered = true
      if (!result.ok) this.onNoWord()
      answer(result)
    })
  }
}

/**
 * An API node that ships, with its end of the channel, in a process that may die and come back. Each life is a new
 * session with an empty buffer. Only its sockets are simulated: {@link HttpExchange} and the wires.
 */
export class SimNode {
  readonly index: number
  readonly #context: NodeContext
  readonly #prng: Prng
  #life: Life | undefined
  /** The node's present connections, and the one for its payments. */
  #streams: WireEnd[] = []
  #upward: WireEnd | undefined
  #highestSent = 0
  #noWordAtMs = -1
  /** The machine that it has called last. */
  #candidate = 0
  #welcomedBy: Welcoming | undefined
  /** Called once, when the node has next written payments. */
  onWritten: (() => void) | undefined
  /** The request on whose behalf the node runs. */
  #turn: HttpExchange | undefined

  constructor(index: number, context: NodeContext) {
    this.index = index
    this.#context = context
    this.#prng = context.world.stream()
  }

  /** The coordinator that it is connected to. */
  get welcomedBy(): Welcoming | undefined {
    return this.end?.connected === true ? this.#welcomedBy : undefined
  }

  /** It is connected to a coordinator that does not lead any more. */
  get isAstray(): boolean {
    const { leader } = this.#context
    const { welcomedBy } = this
    return leader !== undefined && welcomedBy !== undefined && welcomedBy !== leader()
  }

  /** A request of its to the coordinator has failed just now. */
  get hadNoWord(): boolean {
    return this.#noWordAtMs === this.#context.world.nowMs
  }

  /** The channel's end of this life, or `undefined` while the process is down. */
  get end(): NodeEnd | undefined {
    return this.#life?.end
  }

  start(): void {
    const { world, plan, trace, network, secret, onOffered } = this.#context
    const process = new Process(world, secret)
    const name = `api${this.index + 1}`
    const written = new Map<number, WireEnd>()
    this.#welcomedBy = undefined
    this.#highestSent = 0
    const end = new WatchedEnd(
      {
        ...plan,
        nodeName: name,
        candidates: addressesOf(plan),
        onConnectedChange: connected => this.#onConnectedChange(connected),
        onProblem: problem => {
          if (!this.#streams.some(({ hostile }) => hostile))
            checkProblem(trace, name, problem, plan.candidateCount > 0)
        },
      },
      {
        ...process,
        nowMs: () => process.time().nowMs,
        connect: (onConnected, candidate) => {
          this.#candidate = candidate
          const watch = (frame: Uint8Array) => this.#watch(stream, frame, written)
          const stream: WireEnd = network.connect(name, onConnected, watch, candidate)
          this.#streams = [...this.#streams.filter(({ open }) => open), stream]
          return stream
        },
      },
    )
    const open = new Set<HttpExchange>()
    end.onNoWord = () => {
      this.#noWordAtMs = world.nowMs
    }
    end.onSecondAnswer = () => trace.blame('reads', 'the channel answered a request twice')
    end.onOffered = (correlationId, taken) => {
      const id = printCorrelationId(correlationId)
      // If the coordinator was asked first, the answer comes in a later turn.
      const exchange = this.#turn?.brings(id) ? this.#turn : [...open].find(each => each.brings(id))
      if (exchange !== undefined) exchange.taken = taken
      onOffered(correlationId, this, taken)
    }
    const ports = { channels: [end], timers: process.timers, monotonicMs: () => world.nowMs }
    const node = new ApiNode(ports, { ...plan, nodeName: name })
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
    this.#life = { process, end, node, written, open, exchanges }
  }

  /**
   * The process dies without a word, and what it holds in memory is gone. Answers what it had written to connections that it
   * had and that nothing has broken: its system delivers that.
   */
  kill(): ReadonlyMap<number, WireEnd> {
    const life = this.#life
    const delivered = [...(life?.written ?? [])].filter(
      ([, stream]) => life?.end.connected && stream.open && !stream.broken && stream.other?.open,
    )
    this.#life = undefined
    life?.process.kill()
    for (const stream of this.#streams) stream.kill()
    for (const exchange of life?.open ?? []) exchange.reset()
    return new Map(delivered)
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

  /** Whether the present process has written a payment to a connection. */
  hasWritten(number: number): boolean {
    return this.#life?.written.has(number) === true
  }

  /** Whether a payment that is taken now can be written at once, as far as that is known from outside. */
  get canWrite(): boolean {
    const [end, stream] = [this.end, this.#upward]
    if (end === undefined || stream === undefined) return false
    return (
      end.connected &&
      stream.open &&
      !stream.needsDrain &&
      end.unacknowledgedCount <= this.#context.plan.windowCountMax
    )
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

  #onConnectedChange(connected: boolean): void {
    const { tally, trace } = this.#context
    if (connected) {
      tally.connections += 1
      const now = this.#context.coordinator(this.#candidate)
      if (now !== undefined && this.#welcomedBy !== undefined && this.#welcomedBy !== now)
        now.watch.knowsPredecessor = true
      if (now !== undefined && now.epoch < (this.#welcomedBy?.epoch ?? 0))
        trace.blame('protocol', `node ${this.index} follows epoch ${now.epoch} after a later one`)
      this.#welcomedBy = now ?? this.#welcomedBy
    }
    trace.note(connected ? 'connected' : 'disconnected', this.index)
  }

  /** Every frame that the node writes: for the trace, and to count what it sends again. */
  #watch(stream: WireEnd, frame: Uint8Array, written: Map<number, WireEnd>): void {
    const message = decodeMessage(frame.subarray(frameHeaderBytes))
    if (message.ok && message.value.type === 'proof') this.#upward = stream
    if (!message.ok || message.value.type !== 'payments') return
    const { tally, trace } = this.#context
    const { firstSequence, records } = message.value
    const lastSequence = firstSequence + records.length / paymentRecordBytes - 1
    tally.resends += Math.max(0, Math.min(this.#highestSent, lastSequence) - firstSequence + 1)
    this.#highestSent = Math.max(this.#highestSent, lastSequence)
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes) {
      written.set(numberOf(records, offset), stream)
    }
    trace.note('sent payments', this.index, firstSequence, lastSequence)
    const { onWritten } = this
    this.onWritten = undefined
    onWritten?.()
  }
}

const slackMs = 100
