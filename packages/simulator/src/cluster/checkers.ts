import type { NodeEnd } from '@rinha/channel'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import { AdmissionChecker } from './admission-checker.ts'
import { AnswerChecker, isKept } from './answers.ts'
import { BooksChecker } from './books-checker.ts'
import { BoundsChecker } from './bounds-checker.ts'
import { LastWords } from './last-words.ts'
import type { NodeChannel } from './node-channel.ts'
import type { Plan } from './plan.ts'
import type { KnownPayments, Posted } from './posted.ts'
import type { LogWatch } from './replicated/log-watch.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WatchedEngine } from './watched-engine.ts'
import { WatermarkChecker } from './watermark-checker.ts'
import { type Summed, WindowChecker } from './window-checker.ts'
import type { WireEnd } from './wire.ts'

export type Running = Pick<RunningCoordinator, 'engine' | 'channel' | 'coordinator' | 'process' | 'log'>

export interface CheckersContext {
  readonly world: World
  readonly plan: Plan
  readonly processors: readonly SimProcessor[]
  /** Windows are compared with these: the processors' books, or what they have of one shard's payments. */
  readonly recorded: readonly Summed[]
  /** Their channels to this coordinator. */
  readonly nodes: readonly NodeChannel[]
  readonly posted: KnownPayments
  readonly trace: Trace
  readonly tally: Tally
  /** The coordinator of now; `undefined` while it is down. */
  readonly coordinator: () => Running | undefined
  /** A coordinator that led before the present one lives on, and may say things that the present one does not know. */
  readonly hasFormerLeader?: () => boolean
  /** The replicated log, where there is one. */
  readonly log?: LogWatch | undefined
}

/** Every so many looks all open payments are called by name; what settles is looked at when it does. */
const checksPerRoll = 8

/**
 * What must hold, seen from outside: it compares what clients were told with the processors' books, by id and
 * requestedAt. It asks the engine only what a client could ask.
 *
 *   conservation   what a node took is held by a node or known to the coordinator, until it is settled or rejected
 *   once           {@link BooksChecker}
 *   window         {@link WindowChecker}, {@link WatermarkChecker}
 *   bounds         {@link BoundsChecker}, {@link AdmissionChecker}
 *
 * A payment that the coordinator had when it was told to forget everything (or crashed, where it writes no journal) is
 * `forgotten`: nothing is promised for it, so it is left out, and only windows since then are compared. With a journal a
 * crash is no excuse. A payment that leaves memory while there is no archive is `forgotten`, too, but windows go on being compared:
 * what has ended stays in the sums. One that only an API node had when that died is `exposed`: it need not come; where it comes all the
 * same, all of the above holds for it. One that the node was told 202 for and had written is not exposed for long: when the
 * connection has come to its end, the coordinator has it ({@link LastWords}).
 */
export class Checkers {
  readonly #context: CheckersContext
  readonly #books: BooksChecker
  readonly #bounds: BoundsChecker
  readonly #windows: WindowChecker
  readonly #watermark: WatermarkChecker
  readonly #lastWords: LastWords
  readonly #admission: AdmissionChecker
  #open: Posted[] = []
  #checkCount = 0
  #forgottenAtMs = 0
  #goneAtMs = Number.NEGATIVE_INFINITY
  /** The answers that clients get. */
  readonly answers: AnswerChecker
  readonly #forgotten = new Set<Posted>()
  /** Forgotten because they had ended and left memory. Their windows are compared; they may come again, as new payments. */
  readonly #left = new Set<Posted>()

  constructor(context: CheckersContext) {
    this.#context = context
    this.#books = new BooksChecker(context)
    this.#bounds = new BoundsChecker(context)
    this.#windows = new WindowChecker(context, context.world.stream())
    this.#watermark = new WatermarkChecker(context)
    this.#lastWords = new LastWords(context)
    this.#admission = new AdmissionChecker(context)
    const goneAtMs = () => (context.hasFormerLeader?.() ? context.world.nowMs : this.#goneAtMs)
    this.answers = new AnswerChecker(context, goneAtMs, this.#admission)
  }

  /** Payments that must still be settled or rejected, without those that never can be. */
  get open(): readonly Posted[] {
    return this.#open.filter(payment => !this.#isLost(payment) && !this.#isStuck(payment))
  }

  /** An API node died with it, and it has not come. */
  #isLost(payment: Posted): boolean {
    return payment.exposed && !this.#isKnown(payment)
  }

  #isKnown({ correlationId }: Posted): boolean {
    const engine = this.#context.coordinator()?.engine
    return engine !== undefined && engine.status(correlationId).state !== 'absent'
  }

  /**
   * A coordinator whose room is all spent or set aside as credit takes no more than what nodes took while they were connected
   * to it: a node keeps what it took before. (Credit is a promise. The last room may be set aside for nodes that have nothing
   * to send.)
   */
  #isStuck(payment: Posted): boolean {
    const running = this.#context.coordinator()
    if (running === undefined || payment.owedBy === running.engine) return false
    if (running.engine.roomCount > running.channel.outstandingCount) return false
    const { state } = running.engine.status(payment.correlationId)
    return state === 'absent' && this.#isHeld(payment)
  }

  #isHeld(payment: Posted): boolean {
    return this.#context.nodes.some(({ end }) => end?.holdsPayment(payment.correlationId))
  }

  /** A node's channel was offered a payment. Once taken it is owed, whatever the client comes to know. */
  onOffered(correlationId: Uint8Array, node: NodeChannel, taken: boolean): void {
    const { index, welcomedBy } = node
    const { posted, trace } = this.#context
    const payment = posted.of(correlationId)
    trace.note(taken ? 'taken' : 'buffer full', payment.number, index)
    if (!taken) return
    this.#admission.onTaken(payment, node, payment.takenBy !== 0 || this.#isKnown(payment))
    if (payment.takenBy === 0) this.#open.push(payment)
    payment.takenBy |= 1 << index
    payment.exposed = false
    payment.owedBy = welcomedBy ?? payment.owedBy
  }

  /**
   * A node's process has died. What only its buffer had is not promised any more: neither its settling, nor that the node
   * still knows of it when it is back. `delivered`: what it had written, and to which connection.
   */
  onNodeDied(
    index: number,
    end: Pick<NodeEnd, 'holdsPayment'>,
    delivered: ReadonlyMap<number, WireEnd>,
  ): void {
    this.#lastWords.onNodeDied(index, delivered)
    const log = this.#context.coordinator()?.log
    for (const payment of this.#open) {
      // A settled payment is in the processor's books and, with a journal, in the journal, whoever still holds it.
      if (payment.ended || payment.exposed || !end.holdsPayment(payment.correlationId)) continue
      if (this.#isKnown(payment)) {
        payment.unsafe = true
        log?.whenSynced(() => {
          payment.unsafe = false
        })
        continue
      }
      payment.toldBy &= ~(1 << index)
      if (this.#isHeld(payment)) continue
      this.#onExposed(payment)
      if (isKept(payment.promised)) continue
      payment.exposed = true
      this.#context.tally.faults['payment in the buffer of a node that died'] += 1
    }
  }

  /**
   * Only the dead node had the payment. Either no more than `received` was promised, or a disk has it that no coordinator
   * has read yet.
   */
  #onExposed({ promised, number }: Posted): void {
    if (promised === undefined || promised === 'received') return
    if (isKept(promised) && this.#context.coordinator() === undefined) return
    this.#context.trace.blame(
      'conservation',
      `payment ${number} was told ${promised}, and died with its node`,
    )
  }

  /**
   * Promises about the payments that the coordinator has now no longer hold. But after a restart no second processor records
   * a payment, unless a request of the dead coordinator outlives its timeout.
   */
  onForgotten(engine: WatchedEngine, isRestart = false): void {
    const { world, plan, posted } = this.#context
    const underWay = posted.all.filter(({ underWayCount }) => underWayCount > 0)
    if (!isRestart) for (const payment of posted.all) payment.excused = true
    else
      world.after(plan.attemptTimeoutMs, () => {
        for (const payment of underWay) payment.excused ||= payment.underWayCount > 0
      })
    this.#forgottenAtMs = world.nowMs
    for (const payment of posted.all) {
      const isAbsent = engine.status(payment.correlationId).state === 'absent'
      if (isAbsent && !this.#left.has(payment)) continue
      payment.forgotten = true
      this.#forgotten.add(payment)
    }
    this.#open = this.#open.filter(payment => !payment.forgotten)
  }

  /** A payment leaves memory, and no archive keeps it. If it is posted again, it is a new one, and may be paid again. */
  onLeft(payment: Posted): void {
    const engine = this.#context.coordinator()?.engine
    if (engine !== undefined && !payment.forgotten && !payment.ended) this.#books.verify(payment, engine)
    Object.assign(payment, { forgotten: true, excused: true, unsure: false, crashed: false })
    this.#left.add(payment)
  }

  /** Those that have left, have come again, and have not ended again. */
  #openAgain(engine: WatchedEngine): readonly Posted[] {
    return [...this.#left].filter(({ correlationId }) =>
      ['queued', 'inFlight'].includes(engine.status(correlationId).state),
    )
  }

  /** The coordinator is told to stop: it takes nothing more. */
  onStopping(): void {
    this.#lastWords.isStopping = true
  }

  /** A process of the coordinator has ended, in whatever way: its last words may still be on their way. */
  onGone(): void {
    this.#lastWords.isStopping = false
    this.#goneAtMs = this.#context.world.nowMs
  }

  /** A coordinator with a journal has died. No payment is released, but its last facts may not be written. */
  onCrashed(): void {
    for (const payment of this.#context.posted.all) {
      // Payments that only its memory had are again held by the nodes, and are lost if those die.
      if (payment.promised === 'queued') payment.promised = 'received'
      if (payment.attempts.length === 0 || payment.forgotten) continue
      payment.crashed = true
      payment.everUnsure = true
    }
  }

  /**
   * Another coordinator has read the journal. Payments that had settled may be open again for it. A payment that it does
   * not know is still held by a node, or was not safe: only the dead node and the dead coordinator had it.
   */
  onRecovered(engine: WatchedEngine): void {
    const { posted, trace, tally } = this.#context
    for (const payment of posted.all) {
      if (payment.takenBy === 0 || payment.forgotten) continue
      const { state } = engine.status(payment.correlationId)
      if (isKept(payment.promised) && state === 'absent')
        trace.blame(
          'conservation',
          `payment ${payment.number} was told ${payment.promised}, and the journal does not have it`,
        )
      if (payment.ended && state === 'absent')
        trace.blame('conservation', `payment ${payment.number} was settled, and the journal does not have it`)
      if (payment.ended && state !== 'settled' && state !== 'rejected') {
        payment.ended = false
        this.#open.push(payment)
      }
      if (state !== 'absent' || !payment.unsafe || payment.exposed) continue
      payment.toldBy = 0
      if (this.#isHeld(payment)) continue
      payment.exposed = true
      tally.faults['payment lost with its node and the coordinator'] += 1
    }
  }

  /** An attempt or a look-up ended: where the payment has settled now, the processor has it now. */
  onEnded(payment: Posted): void {
    const running = this.#context.coordinator()
    if (running !== undefined && !payment.forgotten && !payment.ended)
      this.#books.verify(payment, running.engine)
  }

  /** A rejected payment is to be tried again: it is owed again. */
  onResubmitted(payment: Posted): void {
    payment.ended = false
    this.#open.push(payment)
  }

  onHealed(): void {
    this.#bounds.onHealed()
  }

  check(): void {
    this.#context.tally.checks += 1
    this.#checkCount += 1
    this.#books.scan()
    const running = this.#context.coordinator()
    if (running === undefined) return
    this.#bounds.check(running)
    this.#admission.check(running)
    this.#watermark.check(running.engine, this.#open, running.process.time())
    if (this.#checkCount % checksPerRoll === 0) this.#checkOpen(running.engine)
    this.#windows.check(
      running.engine,
      [this.#open, this.#forgotten, this.#openAgain(running.engine)],
      this.#forgottenAtMs,
    )
  }

  /** Every payment is settled, or can never be. */
  finish(): void {
    const { trace, posted } = this.#context
    this.check()
    const engine = this.#context.coordinator()?.engine
    if (engine === undefined) return
    this.#checkOpen(engine)
    engine.checkInvariants()
    for (const payment of posted.all) {
      if (payment.takenBy === 0 || payment.forgotten || this.#isStuck(payment)) continue
      if (this.#isLost(payment)) {
        this.#context.tally.faults['payment lost with its node'] += 1
        continue
      }
      payment.ended = false
      this.#books.verify(payment, engine)
      if (!payment.ended) trace.blame('progress', `payment ${payment.number} is neither settled nor rejected`)
    }
    if (this.#forgotten.size === 0) this.#windows.finish(engine)
  }

  #checkOpen(engine: WatchedEngine): void {
    const { trace } = this.#context
    for (const payment of this.#open) {
      if (payment.ended || payment.forgotten) continue
      if (engine.status(payment.correlationId).state === 'absent') {
        if (!payment.exposed && !this.#isHeld(payment))
          trace.blame('conservation', `payment ${payment.number} was taken and nobody has it`)
      } else this.#books.verify(payment, engine)
    }
    this.#open = this.#open.filter(payment => !payment.ended && !payment.forgotten)
  }
}
