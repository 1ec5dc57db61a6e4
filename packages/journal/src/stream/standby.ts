import { assert, type Timers } from '@rinha/base'
import { sameBytes } from '../format.ts'
import type { FoundLog } from '../journal.ts'
import type { JournalSink } from '../recover.ts'
import { decodeEpochRecord, type EpochRecord, encodeEpochRecord, type SnapshotPlace } from './record-codec.ts'
import type { RecordStream, StreamRecord } from './record-stream.ts'
import { readPieces, StreamHistory } from './stream-history.ts'
import { StreamLog } from './stream-log.ts'

export interface StandbyOptions {
  /** The processors, by the index that facts will use. */
  readonly processors: readonly string[]
  /** 16 bytes that nobody can foresee. Used when the journal begins. */
  readonly journalId: Uint8Array
  /** 16 bytes that no other process draws. */
  readonly claimId: Uint8Array
  /** How long a stream that does not answer is left alone. */
  readonly retryMs: number
}

export interface StandbyPorts {
  readonly timers: Pick<Timers, 'after'>
  /** Nothing more is read: the history is damaged or contradictory. */
  readonly onHalt: (words: string) => void
  /**
   * Nothing more is read: the next record has been removed, because a later snapshot has it. Another standby has to begin, with another
   * sink. A claim under way has no result.
   */
  readonly onOvertaken: () => void
}

/**
 * A process that reads the journal of a stream into `sink`, from the snapshot that counts, and goes on following it. When it
 * is told to, it claims the next epoch and becomes the writer.
 *
 * States:
 *   beginning   the last epoch record is asked for, and its snapshot loaded; left for following
 *   following   each record is applied as it comes
 *   claiming    the same, after {@link lead}: it has read every claim that there is, and publishes its own; left for leading,
 *               when its own claim has come back to it in its place, or for following, when another process was first
 *   leading     it reads no more; final
 *   halted      final, told by `onHalt`
 *   overtaken   final, told by `onOvertaken`
 *   stopped     by {@link stop}
 *
 * Invariants:
 *   1. It leads only after it has applied everything before its claim. A record that comes later is refused to its writer.
 *   2. A claim is conditional on the last epoch record alone, and this process has read that one. So it knows every name of a
 *      processor that the history has. Against the last record of all, a claim would starve beside a writer.
 *   3. Records are applied in the order of their numbers, without a gap.
 */
export class Standby {
  readonly #stream: RecordStream
  readonly #options: StandbyOptions
  readonly #ports: StandbyPorts
  readonly #history: StreamHistory
  #stopFollowing: (() => void) | undefined
  #isOver = false
  /** The snapshot that was not there when it was to be loaded. */
  #missing: SnapshotPlace | undefined
  #onLead: ((log: StreamLog | undefined) => void) | undefined
  #claim: EpochRecord | undefined
  #afterSequence = Number.POSITIVE_INFINITY
  /** The record that has to be applied before the next step of a claim. */
  #awaited: { readonly sequence: number; readonly then: () => void } | undefined

  constructor(stream: RecordStream, options: StandbyOptions, sink: JournalSink, ports: StandbyPorts) {
    this.#stream = stream
    this.#options = options
    this.#ports = ports
    this.#history = new StreamHistory(options.processors, sink)
    this.#begin()
  }

  get found(): FoundLog {
    return this.#history.found
  }

  /** The number of the last record that was applied. */
  get sequence(): number {
    return this.#history.sequence
  }

  /**
   * Claims the next epoch. `done` has the log when this process is its writer, or nothing where another process has claimed an
   * epoch first; then this one goes on following. `afterSequence`: the last claim that the caller knows of. Where there is a later
   * one, that process was first.
   */
  lead(done: (log: StreamLog | undefined) => void, afterSequence = Number.POSITIVE_INFINITY): void {
    assert(this.#onLead === undefined && !this.#isOver, 'it follows')
    this.#onLead = done
    this.#afterSequence = afterSequence
    if (this.#stopFollowing !== undefined) this.#prepareClaim(undefined)
  }

  stop(): void {
    this.#isOver = true
    this.#stopFollowing?.()
  }

  #begin(): void {
    this.#stream.readEpoch(answer => {
      if (this.#isOver) return
      if (answer.kind === 'silent') return this.#later(() => this.#begin())
      if (answer.kind === 'absent') return this.#follow(1)
      const record = decodeEpochRecord(answer.record.bytes)
      if (record === undefined) return this.#halt(`record ${answer.record.sequence} is damaged`)
      if (record.snapshot === undefined) return this.#follow(1)
      this.#load(record.snapshot)
    })
  }

  #load(snapshot: SnapshotPlace): void {
    this.#stream.loadPieces(snapshot, (answer, pieces) => {
      if (this.#isOver) return
      if (answer.kind !== 'done') return this.#later(() => this.#begin())
      const found = readPieces(pieces, snapshot)
      if (found.kind === 'incomplete') {
        // A later snapshot may have replaced it just now.
        if (this.#missing?.fromSequence === snapshot.fromSequence)
          return this.#halt(`the snapshot before frame ${snapshot.number} is not there`)
        this.#missing = snapshot
        return this.#later(() => this.#begin())
      }
      const words = found.kind === 'damaged' ? found.words : this.#history.restore(found, snapshot)
      if (words !== undefined) return this.#halt(words)
      this.#follow(snapshot.fromSequence)
    })
  }

  #follow(fromSequence: number): void {
    this.#stopFollowing = this.#stream.follow(fromSequence, record => this.#onRecord(record))
    if (this.#onLead !== undefined) this.#prepareClaim(undefined)
  }

  #onRecord(record: StreamRecord): void {
    if (this.#isOver) return
    const { sequence } = this.#history
    if (record.sequence !== sequence + 1 && sequence === 0) {
      // The first snapshot has come meanwhile.
      this.#stopFollowing?.()
      this.#stopFollowing = undefined
      return this.#begin()
    }
    if (record.sequence !== sequence + 1) {
      this.stop()
      return this.#ports.onOvertaken()
    }
    const words = this.#history.apply(record)
    if (words !== undefined) return this.#halt(words)
    this.#checkAwaited()
  }

  #checkAwaited(): void {
    const awaited = this.#awaited
    if (awaited === undefined || this.#history.sequence < awaited.sequence) return
    this.#awaited = undefined
    awaited.then()
  }

  /** `before`: the claim after which this process last tried. Where a claim has come since, this one is beaten. */
  #prepareClaim(before: EpochRecord | undefined): void {
    this.#stream.readEpoch(answer => {
      if (this.#isOver) return
      if (answer.kind === 'silent') return this.#later(() => this.#prepareClaim(before))
      if (answer.kind === 'absent') return this.#publishClaim(0, undefined)
      const { sequence, bytes } = answer.record
      const last = decodeEpochRecord(bytes)
      if (last === undefined) return this.#halt(`record ${sequence} is damaged`)
      if (this.#claim !== undefined && isSameClaim(last, this.#claim))
        return this.#await(sequence, () => this.#begun(sequence))
      const isBeaten = before === undefined ? sequence > this.#afterSequence : !isSameClaim(last, before)
      if (isBeaten) return this.#endLead(undefined)
      this.#await(sequence, () => this.#publishClaim(sequence, last))
    })
  }

  #publishClaim(epochSequence: number, last: EpochRecord | undefined): void {
    const claim = {
      claimId: this.#options.claimId,
      snapshot: last?.snapshot,
      header: {
        journalId: last?.header.journalId ?? this.#options.journalId,
        processors: [...this.#history.found.processors],
        epoch: (last?.header.epoch ?? 0) + 1,
      },
    }
    this.#claim = claim
    const bytes = encodeEpochRecord(claim)
    this.#stream.publish({ subject: 'epoch', bytes, epochSequence, lastSequence: undefined }, answer => {
      if (this.#isOver) return
      if (answer.kind === 'stored') return this.#await(answer.sequence, () => this.#begun(answer.sequence))
      const again = () => this.#prepareClaim(last ?? noClaim)
      if (answer.kind === 'mismatch') again()
      else this.#later(again)
    })
  }

  #await(sequence: number, then: () => void): void {
    this.#awaited = { sequence, then }
    this.#checkAwaited()
  }

  /** Everything through the own claim is applied. */
  #begun(sequence: number): void {
    assert(this.#claim !== undefined, 'it has claimed')
    const { found, checksum, logBytes } = this.#history
    // A later claim has come already, and its writer may have written.
    if (this.#history.sequence > sequence) return this.#endLead(undefined)
    this.stop()
    const claimed = { record: this.#claim, sequence, nextFrame: found.nextFrame, checksum, logBytes }
    this.#endLead(new StreamLog(this.#stream, claimed))
  }

  #endLead(log: StreamLog | undefined): void {
    const done = this.#onLead
    this.#onLead = undefined
    done?.(log)
  }

  #halt(words: string): void {
    this.stop()
    this.#ports.onHalt(`The journal in the stream ${this.#stream.name} cannot be read: ${words}.`)
  }

  #later(run: () => void): void {
    this.#ports.timers.after(this.#options.retryMs, () => {
      if (!this.#isOver) run()
    })
  }
}

/** Stands for the time before the first claim. */
const noClaim: EpochRecord = {
  claimId: new Uint8Array(0),
  snapshot: undefined,
  header: { journalId: new Uint8Array(0), processors: [], epoch: 0 },
}

/** A snapshot that comes to count is told by a record of the same claim. */
function isSameClaim(a: EpochRecord, b: EpochRecord): boolean {
  return a.header.epoch === b.header.epoch && sameBytes(a.claimId, b.claimId)
}
