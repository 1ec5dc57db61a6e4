import type { Cancel } from '@rinha/base'
import {
  type ChannelAnswer,
  type ChannelRequestKind,
  type ChannelRequests,
  decodeMessage,
  frameHeaderBytes,
  NodeEnd,
} from '@rinha/channel'
import { paymentRecordBytes } from '@rinha/payment'
import type { World } from '../world.ts'
import type { ShardNetwork } from './network.ts'
import { addressesOf, type Plan } from './plan.ts'
import { numberOf } from './posted.ts'
import { checkProblem } from './problems.ts'
import type { Process } from './process.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WireEnd } from './wire.ts'

/** A coordinator, as far as a node has to do with it. */
interface Welcoming {
  readonly watch: { knowsPredecessor: boolean }
  /** Of its leadership; 0: it is the only one. */
  readonly epoch: number
}

/** The shard that a channel leads to. */
export interface ChannelTarget {
  /** The shard's. */
  readonly plan: Plan
  readonly network: Pick<ShardNetwork, 'connect'>
  /** The coordinator that runs now on a machine: the only one, or a candidate. */
  readonly coordinator: (candidate: number) => Welcoming | undefined
  /** The coordinator that leads, where there are several. */
  readonly leader?: (() => Welcoming | undefined) | undefined
}

export interface ChannelContext extends ChannelTarget {
  readonly world: World
  readonly trace: Trace
  readonly tally: Tally
  /** The caller's name. */
  readonly name: string
  /** The channel was offered a payment, and took it or did not. */
  readonly onOffered: (correlationId: Uint8Array, taken: boolean) => void
  /** Payments were written. */
  readonly onWritten: () => void
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

/** What a process has of its channel while it lives. */
interface Life {
  readonly end: NodeEnd
  /** Numbers of the payments that it has written, each with the connection that it wrote it to last. */
  readonly written: Map<number, WireEnd>
}

/** The channel from one node to one shard, in one life of the node after the other. Only its sockets are simulated: the wires. */
export class NodeChannel {
  /** The node's. */
  readonly index: number
  readonly #context: ChannelContext
  #life: Life | undefined
  /** The present connections, and the one for payments. */
  #streams: WireEnd[] = []
  #upward: WireEnd | undefined
  #highestSent = 0
  /** When a request to the coordinator has last failed. */
  noWordAtMs = -1
  /** The machine that it has called last. */
  #candidate = 0
  #welcomedBy: Welcoming | undefined

  constructor(index: number, context: ChannelContext) {
    this.index = index
    this.#context = context
  }

  /** Where it leads. */
  get shard(): number {
    return this.#context.plan.shard.index
  }

  /** The end of this life, or `undefined` while the process is down. */
  get end(): NodeEnd | undefined {
    return this.#life?.end
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
    return this.noWordAtMs === this.#context.world.nowMs
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

  /** A process begins, and connects. */
  open(process: Process, differences: Partial<ConstructorParameters<typeof NodeEnd>[0]> = {}): NodeEnd {
    const { world, plan, trace, name, network, onOffered } = this.#context
    const written = new Map<number, WireEnd>()
    this.#welcomedBy = undefined
    this.#highestSent = 0
    const end = new WatchedEnd(
      {
        ...plan,
        ...differences,
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
    end.onNoWord = () => {
      this.noWordAtMs = world.nowMs
    }
    end.onSecondAnswer = () => trace.blame('reads', 'the channel answered a request twice')
    end.onOffered = onOffered
    this.#life = { end, written }
    return end
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
    for (const stream of this.#streams) stream.kill()
    return new Map(delivered)
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
    const { tally, trace, onWritten } = this.#context
    const { firstSequence, records } = message.value
    const lastSequence = firstSequence + records.length / paymentRecordBytes - 1
    tally.resends += Math.max(0, Math.min(this.#highestSent, lastSequence) - firstSequence + 1)
    this.#highestSent = Math.max(this.#highestSent, lastSequence)
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes) {
      written.set(numberOf(records, offset), stream)
    }
    trace.note('sent payments', this.index, firstSequence, lastSequence)
    onWritten()
  }
}
