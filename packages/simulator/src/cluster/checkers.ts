import type { Prng } from '@rinha/base'
import type { NodeEnd } from '@rinha/channel'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import { AnswerChecker } from './answers.ts'
import type { SimNode } from './node.ts'
import type { Plan } from './plan.ts'
import type { Posted, PostedPayments } from './posted.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WatchedEngine } from './watched-engine.ts'

type Running = Pick<RunningCoordinator, 'engine' | 'channel' | 'coordinator' | 'log'>

export interface CheckersContext {
  readonly world: World
  readonly plan: Plan
  readonly processors: readonly SimProcessor[]
  readonly nodes: readonly SimNode[]
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  /** The coordinator of now; `undefined` while it is down. */
  readonly coordinator: () => Running | undefined
}

/** Windows compared at each look. */
const windowsPerCheck = 6
/** Every so many looks all open payments are called by name; what settles is looked at when it does. */
const checksPerRoll = 8

/**
 * What must hold, seen from outside: by what clients were told and what the processors have in their books, id by id
 * and requestedAt by requestedAt. The engine is asked only what it would tell a client.
 *
 *   conservation   what a node took is held by a node or known to the coordinator, until it is settled or rejected
 *   once           no id is recorded at two processors; what the ledger calls settled is recorded there, under exactly
 *                  that requestedAt and amount; what it calls rejected is recorded nowhere
 *   window         in a window that holds no attempt of an open payment, ledger and processor agree to the cent
 *   bounds         buffers, credit and attempts under way stay within their limits, and are counted right
 *
 * A payment that the coordinator had when it was told to forget everything (or crashed, where it writes no journal) is
 * `forgotten`: nothing is promised for it, so it is left out, and only windows since then are compared. With a journal a
 * crash is no excuse. One that only an API
 * node had when that died is `exposed`: it need not come; where it comes all the same, all of the above holds for it.
 */
export class Checkers {
  readonly #context: CheckersContext
  readonly #prng: Prng
  #open: Posted[] = []
  readonly #scannedRows: number[]
  #forgottenAtMs = 0
  #crashedAtMs = Number.NEGATIVE_INFINITY
  /** What clients are told. */
  readonly answers: AnswerChecker
  #forgotten: Posted[] = []
  /** Since the journal began to fail, as it was seen. */
  #failing: { readonly engine: WatchedEngine; readonly roomCountMin: number } | undefined

  constructor(context: CheckersContext) {
    this.#context = context
    this.#prng = context.world.stream()
    this.#scannedRows = context.processors.map(() => 0)
    this.answers = new AnswerChecker(context, () => this.#crashedAtMs)
  }

  /** Payments that are owed and not yet settled or rejected, without those that never can be. */
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
   * Nothing but a record ends an unknown, and the processors never record a poisoned payment: it is asked after for ever.
   * And a coordinator whose room is all spent or set aside as credit takes no more: the node keeps what it has. (Credit
   * is a promise. The last room may be set aside for nodes that have nothing to send.)
   */
  #isStuck(payment: Posted): boolean {
    if (payment.kind === 'poison' && payment.everUnsure) return true
    const running = this.#context.coordinator()
    if (running === undefined || running.engine.roomCount > running.channel.outstandingCount) return false
    const { state } = running.engine.status(payment.correlationId)
    return state === 'absent' && this.#isHeld(payment)
  }

  #isHeld(payment: Posted): boolean {
    return this.#context.nodes.some(({ end }) => end?.holdsPayment(payment.correlationId))
  }

  /** A node's channel was offered a payment. Once taken it is owed, whatever the client comes to know. */
  onOffered(correlationId: Uint8Array, { index }: SimNode, taken: boolean): void {
    const { posted, trace } = this.#context
    const payment = posted.of(correlationId)
    trace.note(taken ? 'taken' : 'buffer full', payment.number, index)
    if (!taken) return
    if (payment.takenBy === 0) this.#open.push(payment)
    payment.takenBy |= 1 << index
    payment.exposed = false
  }

  /**
   * A node's process has died. What only its buffer had is not promised any more: neither its settling, nor that the node
   * still knows of it when it is back.
   */
  onNodeDied(index: number, end: NodeEnd): void {
    const log = this.#context.coordinator()?.log
    for (const payment of this.#open) {
      if (payment.exposed || !end.holdsPayment(payment.correlationId)) continue
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
      if (payment.promised === 'journaled') continue
      payment.exposed = true
      this.#context.tally.faults['payment in the buffer of a node that died'] += 1
    }
  }

  /** Only a node had it that has died. More than `received` was not promised, or a disk has it while nobody reads it. */
  #onExposed({ promised, number }: Posted): void {
    if (promised === undefined || promised === 'received') return
    if (promised === 'journaled' && this.#context.coordinator() === undefined) return
    this.#context.trace.blame(
      'conservation',
      `payment ${number} was told ${promised}, and died with its node`,
    )
  }

  /** Every payment that the coordinator has is let go, now. */
  onForgotten(engine: WatchedEngine): void {
    this.#forgottenAtMs = this.#context.world.nowMs
    this.#crashedAtMs = this.#forgottenAtMs
    for (const payment of this.#context.posted.all) {
      if (payment.forgotten || engine.status(payment.correlationId).state === 'absent') continue
      payment.forgotten = true
      this.#forgotten.push(payment)
    }
    this.#open = this.#open.filter(payment => !payment.forgotten)
  }

  /** The coordinator, which writes a journal, has died: nothing is let go, but what it did last may be unwritten. */
  onCrashed(): void {
    this.#crashedAtMs = this.#context.world.nowMs
    for (const payment of this.#context.posted.all) {
      // What it had in memory alone is with the nodes again, and as safe as they are.
      if (payment.promised === 'queued') payment.promised = 'received'
      if (payment.attempts.length === 0 || payment.forgotten) continue
      payment.crashed = true
      payment.everUnsure = true
    }
  }

  /**
   * Another one has read the journal. What had settled may be open again for it. What it does not know is still held by a
   * node, or was unsafe: only the dead node and the dead coordinator had it.
   */
  onRecovered(engine: WatchedEngine): void {
    const { posted, trace, tally } = this.#context
    for (const payment of posted.all) {
      if (payment.takenBy === 0 || payment.forgotten) continue
      const { state } = engine.status(payment.correlationId)
      if (payment.promised === 'journaled' && state === 'absent')
        trace.blame(
          'conservation',
          `payment ${payment.number} was told journaled, and the journal does not have it`,
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
    if (running !== undefined && !payment.forgotten && !payment.ended) this.#verify(payment, running.engine)
  }

  check(): void {
    this.#context.tally.checks += 1
    this.#scanBooks()
    const running = this.#context.coordinator()
    if (running === undefined) return
    this.#checkBounds(running)
    if (this.#context.tally.checks % checksPerRoll === 0) this.#checkOpen(running.engine)
    this.#checkWindows(running.engine)
  }

  /** Everything is settled: all that was ever recorded is in the sums. */
  finish(): void {
    const { trace, posted, processors } = this.#context
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
      this.#verify(payment, engine)
      if (!payment.ended) trace.blame('progress', `payment ${payment.number} is neither settled nor rejected`)
    }
    if (this.#forgotten.length > 0) return
    const totals = engine.summary(this.#startMs, null)
    for (const [index, processor] of processors.entries()) {
      const own = processor.books.sum(this.#startMs, Number.POSITIVE_INFINITY)
      const ours = totals[index]
      if (own.count === ours?.count && own.amountCents === ours.amountCents) continue
      trace.blame('window', `at the end processor ${index} has ${own.count}, the ledger ${ours?.count}`)
    }
  }

  readonly #startMs = 1_700_000_000_000

  #verify(payment: Posted, engine: WatchedEngine): void {
    const trace: Trace = this.#context.trace
    const { processors } = this.#context
    const status = engine.status(payment.correlationId)
    const name = `payment ${payment.number}`
    if (status.state === 'settled') {
      const books = processors[status.processor]?.books
      const row = books?.find(payment.correlationId) ?? -1
      if (books === undefined || row < 0)
        trace.blame('once', `${name} is settled but processor ${status.processor} does not have it`)
      if (books.requestedAtMs(row) !== status.requestedAtMs)
        trace.blame('once', `${name} is settled under another requestedAt than the processor's`)
      if (books.rowAmountCents(row) !== status.amountCents || status.amountCents !== payment.amountCents)
        trace.blame('once', `${name} is settled with another amount than the processor's`)
      trace.note('settled', payment.number, status.processor, status.requestedAtMs)
      payment.ended = true
    } else if (status.state === 'rejected') {
      if (payment.kind === 'ordinary') trace.blame('once', `${name} is rejected: ${status.reason}`)
      if (payment.recordedBy >= 0 && payment.kind === 'poison')
        trace.blame('once', `${name} is rejected and recorded`)
      payment.ended = true
    }
  }

  /** Reads what the processors recorded since the last look. */
  #scanBooks(): void {
    const { processors, posted, trace } = this.#context
    for (const [index, { books }] of processors.entries()) {
      for (let row = this.#scannedRows[index] ?? 0; row < books.count; row += 1) {
        const payment = posted.of(books.correlationId(row))
        if (payment.kind === 'foreign' || payment.forgotten) continue
        if (payment.recordedBy >= 0 && payment.recordedBy !== index)
          trace.blame('once', `payment ${payment.number} is recorded at two processors`)
        if (books.rowAmountCents(row) !== payment.amountCents)
          trace.blame('conservation', `payment ${payment.number} is recorded with another amount`)
        payment.recordedBy = index
      }
      this.#scannedRows[index] = books.count
    }
  }

  #checkOpen(engine: WatchedEngine): void {
    const { trace } = this.#context
    for (const payment of this.#open) {
      if (payment.ended || payment.forgotten) continue
      if (engine.status(payment.correlationId).state === 'absent') {
        if (!payment.exposed && !this.#isHeld(payment))
          trace.blame('conservation', `payment ${payment.number} was taken and nobody has it`)
      } else this.#verify(payment, engine)
    }
    this.#open = this.#open.filter(payment => !payment.ended && !payment.forgotten)
  }

  #checkBounds({ engine, channel, coordinator, log }: Running): void {
    const { nodes, trace, plan } = this.#context
    for (const { index, end } of nodes) {
      const count = end?.unacknowledgedCount ?? 0
      if (count > plan.bufferCountMax) trace.blame('bounds', `node ${index} holds too many`)
    }
    if (channel.outstandingCount > engine.roomCount)
      trace.blame('bounds', `credit for ${channel.outstandingCount}, room for ${engine.roomCount}`)
    this.#checkFailing(engine, channel.outstandingCount, log?.failure !== undefined)
    const { processors } = coordinator.status()
    for (const [index, { inFlightCount, limitCount }] of processors.entries()) {
      if (limitCount > plan.inFlightCountMax) trace.blame('bounds', `a limit of ${limitCount}`)
      if (inFlightCount !== engine.underWay(index))
        trace.blame('bounds', `${engine.underWay(index)} attempts under way, ${inFlightCount} counted`)
    }
  }

  /** While the journal cannot be written, nothing is taken but what nodes had credit for. */
  #checkFailing(engine: WatchedEngine, creditCount: number, isFailing: boolean): void {
    if (!isFailing) this.#failing = undefined
    else if (this.#failing?.engine !== engine)
      this.#failing = { engine, roomCountMin: engine.roomCount - creditCount }
    else if (engine.roomCount < this.#failing.roomCountMin)
      this.#context.trace.blame('bounds', 'payments are taken that the journal cannot be told of')
  }

  /** Compares windows whose edges are requestedAts of real attempts, each cut short before the first open attempt. */
  #checkWindows(engine: WatchedEngine): void {
    const { posted, tally } = this.#context
    const all = posted.all
    for (let count = 0; count < windowsPerCheck && all.length > 0; count += 1) {
      const fromMs = this.#edge(all)
      const wantedMs = count === 0 ? fromMs : this.#edge(all)
      if (fromMs <= this.#forgottenAtMs || wantedMs < fromMs) continue
      const toMs = Math.min(wantedMs, this.#firstOpenMs(fromMs) - 1)
      if (toMs < fromMs) continue
      tally.windows += 1
      this.#compare(engine, fromMs, toMs)
    }
  }

  #compare(engine: WatchedEngine, fromMs: number, toMs: number): void {
    const totals = engine.summary(fromMs, toMs)
    for (const [index, { books }] of this.#context.processors.entries()) {
      const own = books.sum(fromMs, toMs)
      const ours = totals[index]
      if (own.count === ours?.count && own.amountCents === ours.amountCents) continue
      this.#context.trace.blame(
        'window',
        `[${fromMs}, ${toMs}]: processor ${index} has ${own.count} (${own.amountCents}), the ledger ${ours?.count} (${ours?.amountCents})`,
      )
    }
  }

  /** The first requestedAt, from this instant on, of a payment whose fate is open. */
  #firstOpenMs(fromMs: number): number {
    let firstMs = Number.POSITIVE_INFINITY
    for (const payments of [this.#open, this.#forgotten]) {
      for (const { attempts } of payments) {
        for (const { requestedAtMs } of attempts) {
          if (requestedAtMs >= fromMs && requestedAtMs < firstMs) firstMs = requestedAtMs
        }
      }
    }
    return firstMs
  }

  #edge(all: readonly Posted[]): number {
    const payment = all[this.#prng.integer(0, all.length - 1)]
    return payment?.attempts.at(-1)?.requestedAtMs ?? 0
  }
}
