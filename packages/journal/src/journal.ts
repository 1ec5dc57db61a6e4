import { assert, type Timers } from '@rinha/base'
import type { Fact, LedgerImage } from '@rinha/payment'
import { journalSeedOf } from './format.ts'
import { FrameQueue } from './frame-queue.ts'
import { gatherMs, lookMs, purgedBytesMin, retryMsDefault, snapshotRetryFactor } from './limits.ts'
import { fenced, type LogDone, type LogProblem, type LogStore, logFull } from './log/log-store.ts'
import { Snapshots } from './snapshots.ts'
import { SyncWaiters } from './sync-waiters.ts'

export interface WriterOptions {
  /** A snapshot is due when more than this, and more than the last snapshot has, would be read after it. */
  readonly segmentBytesMax: number
  /** How long a log that failed is left alone. */
  readonly retryMs?: number
  /** A line for the operator: a snapshot was given up, or the journal is no longer this process's. */
  readonly onProblem?: (line: string) => void
  /** The log takes writes again, if only for a moment; {@link Journal.failure} says when it does not. */
  readonly onWritable?: () => void
  /** Another process writes here, or may. This journal confirms nothing more, and the process has to end. */
  readonly onLost?: (line: string) => void
}

/** The history that a log has when its writer starts. */
export interface FoundLog {
  /**
   * The processors' names, by the index that facts and images use: first those that the reader was given, then those that
   * only the history knows.
   */
  readonly processors: readonly string[]
  readonly nextFrame: number
  /** Payments since the journal began or was purged last. */
  readonly paymentCount: number
  /** The entries after the snapshot. */
  readonly entryCount: number
}

export interface JournalStatus {
  readonly nextFrame: number
  readonly lastSyncedFrame: number
  /** Replayed at the start, and appended since. */
  readonly entryCount: number
  /** Bytes appended and not durable yet. While the log fails, the caller has to bound them. */
  readonly pendingBytes: number
  /** The bytes of the latest snapshot and of everything after it. */
  readonly diskBytes: number
  /** How full the log is, from 0 to 1; 0 where only the disk says. */
  readonly filledShare: number
  readonly segmentCount: number
  readonly snapshotFrame: number | undefined
  readonly commitCount: number
  readonly snapshotCount: number
  readonly isSnapshotUnderWay: boolean
  readonly failure: LogProblem | undefined
}

/**
 * Writes facts to a log, an entry each, in the order of {@link append}, and says when they are durable. It is a state
 * machine: the log and time are given to it.
 *
 * A sync costs the same for one entry as for thousands. So entries gather while one sync is under way, and the next
 * sync carries them all (group commit). That costs a little latency. An entry that comes alone waits for one sync, the
 * one that comes right behind it for two at most. An entry that nobody waits for (`whenSynced`) does not cause a sync:
 * it goes with the next one that somebody waits for, or after {@link gatherMs}. Nothing is confirmed before the log has
 * confirmed it.
 *
 * States:
 *   idle      everything appended is synced; left by an append
 *   gathering nobody waits for what was appended; left when somebody does, at the end of that turn (`soon`), or when
 *             `gatherMs` are over, for writing
 *   writing   a frame, or what the log needs before it, is on its way; left by the answer, for idle, writing the next, or
 *             failing
 *   failing   the log refused; every `retryMs` it is prepared again for the first frame that is not synced; left for idle or
 *             writing when a frame (or, with none to write, the preparation) has been synced
 *   lost      another process writes the log, or may; final but for {@link close}
 *   closed    by {@link close}, when all is synced, the log fails or the journal is lost
 *
 * A snapshot is stored beside it. It stands for what is in the frames before the one that came next when it was asked for.
 *
 * Invariants:
 *   1. One call that writes to the log at a time. The next one follows its end.
 *   2. A frame is kept in memory until its sync was confirmed, and is written again under the same number until then.
 *   3. `whenSynced` runs its callers in their order, each after the sync of everything that was appended before the call.
 *   4. A snapshot counts, and replaces what is before it, only when all it stands for is synced.
 *   5. Where the log is another process's, this one is told with its next write, or by a look every {@link lookMs}.
 */
export class Journal {
  readonly #timers: Pick<Timers, 'after' | 'soon'>
  readonly #segmentBytesMax: number
  readonly #retryMs: number
  readonly #onProblem: (line: string) => void
  readonly #onWritable: () => void
  readonly #onLost: (line: string) => void
  readonly #log: LogStore
  readonly #frames: FrameQueue
  readonly #snapshots: Snapshots
  readonly #waiters = new SyncWaiters()
  readonly #foundEntryCount: number
  #syncedFrame: number
  /** The last frame that has a waiter, or has waited long enough. */
  #urgentFrame = 0
  #cancelGathering: (() => void) | undefined
  #commitCount = 0
  #isScheduled = false
  #isWriting = false
  #failure: LogProblem | undefined
  #cancelRetry: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #isLost = false
  #onClosed: (() => void) | undefined
  #isClosed = false
  /** The frame with the last `purged`, and the size of the journal at that time. */
  #purgedFrame = 0
  #purgedBytes = 0

  constructor(
    log: LogStore,
    found: FoundLog,
    options: WriterOptions,
    timers: Pick<Timers, 'after' | 'soon'>,
  ) {
    this.#timers = timers
    this.#log = log
    this.#segmentBytesMax = options.segmentBytesMax
    this.#retryMs = options.retryMs ?? retryMsDefault
    this.#onProblem = options.onProblem ?? (() => {})
    this.#onWritable = options.onWritable ?? (() => {})
    this.#onLost = options.onLost ?? (() => {})
    this.#frames = new FrameQueue(journalSeedOf(log.journalId), found.processors.length, found.nextFrame)
    this.#foundEntryCount = found.entryCount
    this.#syncedFrame = found.nextFrame - 1
    this.#snapshots = new Snapshots(log, {
      pauseMs: this.#retryMs * snapshotRetryFactor,
      timers,
      onProblem: this.#onProblem,
      onStored: () => this.#schedule(),
    })
    // A log that cannot be written to is reported at the start, not with the first payment.
    this.#schedule()
    this.#lookAgain()
  }

  /** Since when nothing becomes durable, and the reason. */
  get failure(): LogProblem | undefined {
    return this.#failure
  }

  get status(): JournalStatus {
    const { segmentCount, snapshotFrame, logBytes, logBytesMax } = this.#log.sizes
    return {
      nextFrame: this.#frames.nextNumber,
      lastSyncedFrame: this.#syncedFrame,
      entryCount: this.#foundEntryCount + this.#frames.entryCount,
      pendingBytes: this.#frames.pendingBytes,
      diskBytes: this.#diskBytes,
      filledShare: logBytesMax === undefined ? 0 : logBytes / logBytesMax,
      segmentCount,
      snapshotFrame,
      commitCount: this.#commitCount,
      snapshotCount: this.#snapshots.count,
      isSnapshotUnderWay: this.#snapshots.isUnderWay,
      failure: this.#failure,
    }
  }

  /**
   * Takes a fact, copying what it needs; it is on its way to the log after {@link gatherMs} at the latest, a `purged` at
   * the end of this turn of the event loop. Whatever the log does, it is taken. A fact that cannot be (a processor that
   * does not exist) is a bug, and an AssertionError.
   */
  append(fact: Fact): void {
    assert(!this.#isClosing, 'nothing is appended to a closed journal')
    this.#frames.append(fact)
    if (fact.kind === 'purged') {
      this.#purgedFrame = this.#frames.nextNumber
      this.#purgedBytes = this.#diskBytes
      this.#urgentFrame = this.#frames.lastNumber
    }
    if (this.#isUrgent) this.#schedule()
    else this.#gather()
  }

  /**
   * Runs once everything appended so far is durable: at once, from within this call, when it is already and nobody waits
   * from before. Never, where the journal is closed or the process ends before.
   */
  whenSynced(run: () => void): void {
    this.#urgentFrame = this.#frames.lastNumber
    this.#waiters.add(this.#frames.lastNumber, this.#syncedFrame, run)
    if (this.#isUrgent) this.#schedule()
  }

  /**
   * Whether a snapshot is worth its work: what recovery would replay is longer than a segment and than the last snapshot, so that
   * writing them costs no more than writing the log; or longer than half of what fits; or a purge left what nobody needs.
   */
  get snapshotDue(): boolean {
    if (!this.canSnapshot) return false
    const {
      snapshotFrame = 1,
      snapshotBytes,
      logBytes,
      logBytesMax = Number.POSITIVE_INFINITY,
    } = this.#log.sizes
    const isPurged = this.#purgedFrame >= snapshotFrame && this.#purgedBytes >= purgedBytesMin
    const dueBytes = Math.min(logBytesMax / 2, Math.max(this.#segmentBytesMax, snapshotBytes))
    return isPurged || logBytes >= dueBytes
  }

  /** No snapshot is under way, and the log works, or would with one. */
  get canSnapshot(): boolean {
    const needsRoom = this.#failure?.code === logFull && this.#log.isReady(this.#syncedFrame + 1)
    const mayWork = this.#failure === undefined || needsRoom
    return this.#snapshots.canBegin && mayWork && !this.#isClosing
  }

  /** Begins to write the state after everything appended so far. Only where {@link canSnapshot}. */
  snapshot(image: LedgerImage): void {
    assert(!this.#isClosing, 'no snapshot of a closed journal')
    this.#frames.seal()
    this.#snapshots.begin(this.#frames.nextNumber, image)
    this.#schedule()
  }

  /** `done` is called when everything appended so far is synced, or at once if the log fails (see {@link failure}). */
  close(done: () => void): void {
    assert(!this.#isClosing, 'a journal is closed once')
    this.#onClosed = done
    this.#advance()
  }

  get #diskBytes(): number {
    const { snapshotBytes, logBytes } = this.#log.sizes
    return snapshotBytes + logBytes
  }

  get #isClosing(): boolean {
    return this.#onClosed !== undefined
  }

  /** Whether the next frame is to be written now. The one that is being filled may wait; a sealed one is full. */
  get #isUrgent(): boolean {
    const next = this.#syncedFrame + 1
    const isSealed = next < this.#frames.nextNumber
    return isSealed || next <= this.#urgentFrame || this.#isClosing
  }

  /** Entries without a waiter are written after a while. */
  #gather(): void {
    if (this.#cancelGathering !== undefined || this.#isClosed) return
    this.#cancelGathering = this.#timers.after(gatherMs, () => {
      this.#cancelGathering = undefined
      this.#urgentFrame = this.#frames.lastNumber
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWriting || this.#cancelRetry !== undefined) return
    this.#isScheduled = true
    this.#timers.soon(() => {
      this.#isScheduled = false
      this.#advance()
    })
  }

  /** Begins the next piece of work, if none is under way. */
  #advance(): void {
    if (this.#isWriting || this.#isClosed) return
    if (this.#cancelRetry !== undefined || this.#isLost) return this.#closeIfAsked()
    const next = this.#syncedFrame + 1
    if (!this.#log.isReady(next))
      return this.#write(
        done => this.#log.prepare(next, done),
        () => this.#onPrepared(),
      )
    if (this.#snapshots.isReady(next))
      return this.#write(
        done => this.#snapshots.finish(done),
        () => {},
      )
    if (this.#frames.pendingBytes === 0) return this.#closeIfAsked()
    if (!this.#isUrgent) return this.#gather()
    const frame = this.#frames.peek()
    assert(frame?.number === next, 'what is pending is in a frame, and frames are written in their order')
    this.#write(
      done => this.#log.append(frame, done),
      () => this.#onFrame(),
    )
  }

  /** Invariant 1. */
  #write(begin: (done: LogDone) => void, onDone: () => void): void {
    this.#isWriting = true
    begin(problem => {
      this.#isWriting = false
      if (problem !== undefined) return this.#fail(problem)
      onDone()
      this.#advance()
    })
  }

  #onPrepared(): void {
    if (this.#frames.pendingBytes === 0) this.#heal()
  }

  #onFrame(): void {
    this.#frames.shift()
    this.#syncedFrame += 1
    this.#commitCount += 1
    this.#heal()
    // Called before the next frame, so that entries which they append go into it.
    this.#waiters.runThrough(this.#syncedFrame)
  }

  #fail(problem: LogProblem): void {
    if (problem.code === fenced) return this.#lose(problem.words)
    this.#failure = problem
    this.#cancelRetry = this.#timers.after(this.#retryMs, () => {
      this.#cancelRetry = undefined
      this.#advance()
    })
    this.#advance()
  }

  #lose(words: string): void {
    if (this.#isLost) return this.#closeIfAsked()
    this.#isLost = true
    this.#failure = { code: fenced, words }
    this.#snapshots.cancel()
    const line = `The journal in ${this.#log.place} is no longer this process's: ${words}. Nothing is confirmed any more, and this process ends. Let one coordinator at a time start on it.`
    this.#onProblem(line)
    this.#onLost(line)
    this.#advance()
  }

  #lookAgain(): void {
    this.#cancelLook = this.#timers.after(lookMs, () => {
      const words = this.#log.lost()
      if (words === undefined) this.#lookAgain()
      else this.#lose(words)
    })
  }

  #heal(): void {
    if (this.#failure === undefined) return
    this.#failure = undefined
    this.#onWritable()
  }

  #closeIfAsked(): void {
    const done = this.#onClosed
    if (done === undefined || this.#isClosed) return
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#cancelLook?.()
    this.#cancelGathering?.()
    this.#snapshots.cancel()
    this.#log.close()
    done()
  }
}
