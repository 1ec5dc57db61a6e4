import { assert, type Timers } from '@rinha/base'
import type { Fact, LedgerImage } from '@rinha/payment'
import type { DiskProblem, JournalDisk } from './disk.ts'
import { journalSeedOf } from './format.ts'
import { FrameQueue } from './frame-queue.ts'
import type { FoundJournal } from './history.ts'
import { gatherMs, lookMs, purgedBytesMin, retryMsDefault, snapshotRetryFactor } from './limits.ts'
import type { JournalOptions } from './recover.ts'
import { SegmentWriter } from './segment-writer.ts'
import { Snapshots } from './snapshots.ts'
import { SyncWaiters } from './sync-waiters.ts'

export interface JournalWriterOptions extends JournalOptions {
  /** 16 bytes that nobody can foresee. Used when the journal begins; one that was found has its own. */
  readonly journalId: Uint8Array
  /** How long a disk that failed is left alone. */
  readonly retryMs?: number
  /** A line for the operator: a snapshot was given up, or the journal is no longer this process's. */
  readonly onProblem?: (line: string) => void
  /** The disk takes writes again, if only for a moment; {@link Journal.failure} says when it does not. */
  readonly onWritable?: () => void
  /** Another process writes here, or may. This journal confirms nothing more, and the process has to end. */
  readonly onLost?: (line: string) => void
}

export interface JournalFailure {
  readonly code: string
  readonly words: string
}

export interface JournalStatus {
  readonly nextFrame: number
  readonly lastSyncedFrame: number
  /** Replayed at the start, and appended since. */
  readonly entryCount: number
  /** Bytes appended and not on disk yet. While the disk fails, the caller has to bound them. */
  readonly pendingBytes: number
  /** The bytes of the latest snapshot and of everything after it. */
  readonly diskBytes: number
  readonly segmentCount: number
  readonly snapshotFrame: number | undefined
  readonly commitCount: number
  readonly snapshotCount: number
  readonly isSnapshotUnderWay: boolean
  readonly failure: JournalFailure | undefined
}

/**
 * Writes facts to disk, an entry each, in the order of {@link append}, and says when they are there. It is a state machine:
 * the disk and time are given to it.
 *
 * A sync costs the same for one entry as for thousands. So entries gather while one sync is under way, and the next
 * sync carries them all (group commit). That costs a little latency. An entry that comes alone waits for one sync, the
 * one that comes right behind it for two at most. An entry that nobody waits for (`whenSynced`) does not cause a sync:
 * it goes with the next one that somebody waits for, or after {@link gatherMs}. Nothing is confirmed before it is on
 * disk, and nothing blocks the event loop but the creation of a segment.
 *
 * States:
 *   idle      everything appended is synced; left by an append
 *   gathering nobody waits for what was appended; left when somebody does, at the end of that turn (`soon`), or when
 *             `gatherMs` are over, for writing
 *   writing   a header or a frame is on its way; left by the answer, for idle, writing the next, or failing
 *   failing   the disk refused; every `retryMs` a new segment is begun with the first frame that is not synced; left for
 *             idle or writing when a frame (or, with none to write, a header) has been synced
 *   lost      another process writes in the directory, or may; final but for {@link close}
 *   closed    by {@link close}, when all is synced, the disk fails or the journal is lost
 *
 * A snapshot goes beside it, in its own file. It stands for what is in the frames before the one that came next when it was
 * asked for; a segment is begun with that frame, so that the older ones can be removed whole.
 *
 * Invariants:
 *   1. One append to a segment at a time, of one frame or a header. The next one follows its sync.
 *   2. A frame is kept in memory until its sync was confirmed, and is written again under the same number until then.
 *   3. `whenSynced` runs its callers in their order, each after the sync of everything that was appended before the call.
 *   4. Nothing is removed before the snapshot that replaces it has its name, and that has it only when all it stands for
 *      is synced.
 *   5. Nothing is ever appended to a file after one of its appends failed.
 *   6. What is confirmed was on disk while the directory was still this process's: each confirmation looks at that, after
 *      its sync. Whoever takes the directory over reads it later, and so reads all that was confirmed. A look before each
 *      write keeps this process out of its successor's files; one every {@link lookMs} ends it where it has nothing to write.
 *   7. Nothing is removed where another process has written since the start.
 */
export class Journal {
  readonly #timers: Pick<Timers, 'after' | 'soon'>
  readonly #segmentBytesMax: number
  readonly #retryMs: number
  readonly #onProblem: (line: string) => void
  readonly #onWritable: () => void
  readonly #onLost: (line: string) => void
  readonly #disk: JournalDisk
  readonly #frames: FrameQueue
  readonly #segments: SegmentWriter
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
  #failure: JournalFailure | undefined
  #cancelRetry: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #isLost = false
  #onClosed: (() => void) | undefined
  #isClosed = false
  /** The frame with the last `purged`, and the size of the journal at that time. */
  #purgedFrame = 0
  #purgedBytes = 0

  constructor(
    disk: JournalDisk,
    found: FoundJournal,
    options: JournalWriterOptions,
    timers: Pick<Timers, 'after' | 'soon'>,
  ) {
    assert(options.segmentBytesMax > 0, 'segmentBytesMax is positive')
    this.#timers = timers
    const identity = {
      journalId: found.journalId ?? options.journalId.slice(),
      processors: [...found.processors],
      epoch: found.epoch + 1,
    }
    this.#disk = disk
    this.#segmentBytesMax = options.segmentBytesMax
    this.#retryMs = options.retryMs ?? retryMsDefault
    this.#onProblem = options.onProblem ?? (() => {})
    this.#onWritable = options.onWritable ?? (() => {})
    this.#onLost = options.onLost ?? (() => {})
    const seed = journalSeedOf(identity.journalId)
    this.#frames = new FrameQueue(seed, found.processors.length, found.nextFrame)
    this.#segments = new SegmentWriter(disk, identity, found)
    this.#foundEntryCount = found.entryCount
    this.#syncedFrame = found.nextFrame - 1
    this.#snapshots = new Snapshots(disk, identity, found, {
      pauseMs: this.#retryMs * snapshotRetryFactor,
      timers,
      onProblem: this.#onProblem,
      onWritten: () => this.#finishSnapshot(),
    })
    // A directory that cannot be written to is reported at the start, not with the first payment.
    this.#schedule()
    this.#lookAgain()
  }

  /** Since when nothing becomes durable, and the reason. */
  get failure(): JournalFailure | undefined {
    return this.#failure
  }

  get status(): JournalStatus {
    return {
      nextFrame: this.#frames.nextNumber,
      lastSyncedFrame: this.#syncedFrame,
      entryCount: this.#foundEntryCount + this.#frames.entryCount,
      pendingBytes: this.#frames.pendingBytes,
      diskBytes: this.#diskBytes,
      segmentCount: this.#segments.segmentCount,
      snapshotFrame: this.#snapshots.frame,
      commitCount: this.#commitCount,
      snapshotCount: this.#snapshots.count,
      isSnapshotUnderWay: this.#snapshots.underWay !== undefined,
      failure: this.#failure,
    }
  }

  /**
   * Takes a fact, copying what it needs; it is on its way to the disk after {@link gatherMs} at the latest, a `purged` at
   * the end of this turn of the event loop. Whatever the disk does, it is taken. A fact that cannot be (a processor that
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
   * Runs once everything appended so far is on disk: at once, from within this call, when it is already and nobody waits
   * from before. Never, where the journal is closed or the process ends before.
   */
  whenSynced(run: () => void): void {
    this.#urgentFrame = this.#frames.lastNumber
    this.#waiters.add(this.#frames.lastNumber, this.#syncedFrame, run)
    if (this.#isUrgent) this.#schedule()
  }

  /**
   * Whether a snapshot is worth its work: what recovery would replay is longer than a segment and than twice the last
   * snapshot, so that writing them costs half of what the log costs at most; or a purge left what nobody needs.
   */
  get snapshotDue(): boolean {
    const { firstFrame, bytes } = this.#snapshots
    if (!this.canSnapshot) return false
    const isPurged = this.#purgedFrame >= firstFrame && this.#purgedBytes >= purgedBytesMin
    return isPurged || this.#logBytes >= Math.max(this.#segmentBytesMax, 2 * bytes)
  }

  /** No commit is under way, and the disk works. */
  get canSnapshot(): boolean {
    return this.#snapshots.canBegin && this.#failure === undefined && !this.#isClosing
  }

  /** Begins to write the state after everything appended so far. Only where {@link canSnapshot}. */
  snapshot(image: LedgerImage): void {
    assert(!this.#isClosing, 'no snapshot of a closed journal')
    this.#frames.seal()
    this.#snapshots.begin(this.#frames.nextNumber, image)
    this.#schedule()
  }

  /** `done` is called when everything appended so far is synced, or at once if the disk fails (see {@link failure}). */
  close(done: () => void): void {
    assert(!this.#isClosing, 'a journal is closed once')
    this.#onClosed = done
    this.#advance()
  }

  get #logBytes(): number {
    return this.#segments.bytesFrom(this.#snapshots.firstFrame)
  }

  get #diskBytes(): number {
    return this.#snapshots.bytes + this.#logBytes
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
    if (this.#needsSegment()) {
      if (this.#isTakenAway()) return
      this.#isWriting = true
      return this.#segments.open(this.#syncedFrame + 1, problem => this.#onHeader(problem))
    }
    if (this.#frames.pendingBytes === 0) return this.#closeIfAsked()
    if (!this.#isUrgent) return this.#gather()
    const frame = this.#frames.peek()
    assert(frame !== undefined, 'what is pending is in a frame')
    assert(frame.number === this.#syncedFrame + 1, 'frames are written in their order')
    if (this.#isTakenAway()) return
    this.#isWriting = true
    this.#segments.append(frame.bytes, problem => this.#onFrame(problem))
  }

  /** True if no segment is open, the open one is full, or a snapshot needs a segment of its own. */
  #needsSegment(): boolean {
    const { firstFrame } = this.#segments
    if (firstFrame === undefined) return true
    const next = this.#syncedFrame + 1
    if (this.#segments.currentBytes >= this.#segmentBytesMax && firstFrame < next) return true
    const { underWay } = this.#snapshots
    return underWay !== undefined && firstFrame < underWay && next >= underWay
  }

  #onHeader(problem: DiskProblem | undefined): void {
    this.#isWriting = false
    if (problem !== undefined) return this.#fail(problem)
    if (this.#isTakenAway()) return this.#advance()
    if (this.#frames.pendingBytes === 0) this.#heal()
    this.#finishSnapshot()
    this.#advance()
  }

  #onFrame(problem: DiskProblem | undefined): void {
    this.#isWriting = false
    if (problem !== undefined) return this.#fail(problem)
    if (this.#isTakenAway()) return this.#advance()
    this.#frames.shift()
    this.#syncedFrame += 1
    this.#commitCount += 1
    this.#heal()
    this.#finishSnapshot()
    // Called before the next frame, so that entries which they append go into it.
    this.#waiters.runThrough(this.#syncedFrame)
    this.#advance()
  }

  #fail({ code, message }: DiskProblem): void {
    const isTaken = this.#isLost || code === 'EEXIST' || code === 'ESTALE'
    if (isTaken) this.#segments.abandon()
    else this.#segments.abandonFailed()
    if (this.#isLost) return this.#closeIfAsked()
    if (code === 'EEXIST') return this.#lose(`another process writes in the directory: ${message}`, code)
    if (code === 'ESTALE') return this.#lose(message)
    this.#failure = { code, words: `the disk says ${code}: ${message}` }
    this.#cancelRetry = this.#timers.after(this.#retryMs, () => {
      this.#cancelRetry = undefined
      this.#advance()
    })
    this.#advance()
  }

  /** Invariant 6. Where it is, nothing goes on. */
  #isTakenAway(): boolean {
    const words = this.#disk.lost()
    if (words !== undefined) this.#lose(words)
    return this.#isLost
  }

  #lose(words: string, code = 'ESTALE'): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#failure = { code, words }
    this.#snapshots.cancel()
    const line = `The journal in JOURNAL_DIR is no longer this process's: ${words}. Nothing is confirmed any more, and this process ends. Let one coordinator start on the directory.`
    this.#onProblem(line)
    this.#onLost(line)
    this.#advance()
  }

  #lookAgain(): void {
    this.#cancelLook = this.#timers.after(lookMs, () => {
      if (!this.#isTakenAway()) this.#lookAgain()
    })
  }

  #heal(): void {
    if (this.#failure === undefined) return
    this.#failure = undefined
    this.#onWritable()
  }

  /** A snapshot is valid once all facts that it covers are synced, and later ones are in segments of their own. */
  #finishSnapshot(): void {
    const readyThrough = Math.min(this.#syncedFrame + 1, this.#segments.firstFrame ?? 0)
    if (this.#isClosed || this.#isLost || !this.#snapshots.isReady(readyThrough)) return
    const intruder = this.#disk.lost() ?? this.#segments.intruder()
    if (intruder !== undefined) return this.#lose(intruder)
    if (this.#snapshots.finish()) this.#segments.forgetBefore(this.#snapshots.firstFrame)
  }

  #closeIfAsked(): void {
    const done = this.#onClosed
    if (done === undefined || this.#isClosed) return
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#cancelLook?.()
    this.#cancelGathering?.()
    this.#snapshots.cancel()
    this.#segments.abandon()
    done()
  }
}
