import { assert } from '@rinha/base'
import type { LedgerImage } from '@rinha/payment'
import { sameBytes } from '../format.ts'
import type { SealedFrame } from '../frame-queue.ts'
import { recordOverheadBytes } from '../limits.ts'
import {
  fenced,
  type LogDone,
  type LogProblem,
  type LogSizes,
  type LogStore,
  logFull,
} from '../log/log-store.ts'
import {
  checksumOfRecord,
  decodeEpochRecord,
  type EpochRecord,
  encodeEpochRecord,
  encodeFrameRecord,
  type SnapshotPlace,
} from './record-codec.ts'
import type { RecordStream, StreamAnswer, StreamRecord, Subject } from './record-stream.ts'
import { SnapshotUpload } from './snapshot-upload.ts'

/** Where a process stands that has claimed an epoch and has read everything through its own claim. */
export interface Claimed {
  readonly record: EpochRecord
  /** The number of the claim: the last record that this process knows. */
  readonly sequence: number
  readonly nextFrame: number
  /** Of the last frame record. */
  readonly checksum: number
  /** Bytes of the frames that a reader reads after the snapshot. */
  readonly logBytes: number
}

/** Where the frames begin that a snapshot does not replace. */
interface Cut {
  readonly fromSequence: number
  readonly checksumBefore: number
  /** Bytes of the frames before. */
  readonly logBytes: number
}

interface Publication {
  readonly subject: Subject
  readonly bytes: Uint8Array
  readonly onStored: (done: LogDone) => void
  readonly done: LogDone
}

/** How often one call publishes the same record, where it is not there after the first time. */
const publishCountMax = 2

/**
 * A log in a replicated stream, for the process that has claimed the latest epoch there.
 *
 * Each record is published on two conditions: the stream's last record is the one that this process knows as the last, and no
 * later epoch has been claimed. The first alone does not fence: numbers may match by chance. An answer that does not come, or
 * says that a condition does not hold, is settled by reading. The record with the next number is ours, another's (then this
 * process is fenced), or not there (then exactly the same bytes are published again).
 *
 * Invariants:
 *   1. At most one record is under way or in doubt. Nothing else is published before it is settled.
 *   2. A record is ours only if its bytes are: they have our epoch, which no other process has.
 *   3. Once fenced, for ever.
 *   4. Nothing is removed before the record is stored that says what replaces it. What is removed is older than that, so a
 *      removal that comes late removes nothing that counts.
 *   5. A log that has its bytes takes no frame, except those before a snapshot that is stored and will make room.
 *   6. A record that puts a snapshot in force is tried until it is stored: it may be there already.
 */
export class StreamLog implements LogStore {
  readonly place: string
  readonly journalId: Uint8Array
  readonly #stream: RecordStream
  #record: EpochRecord
  #epochSequence: number
  #lastSequence: number
  #lastFrame: number
  #checksum: number
  #logBytes: number
  #upload: SnapshotUpload | undefined
  #attempt = 0
  #cut: Cut | undefined
  /** The snapshot whose record is under way or in doubt. */
  #coming: SnapshotPlace | undefined
  /** What was published and is not known to be stored, or not. */
  #doubtful: Publication | undefined
  #lostWords: string | undefined
  #isLooking = false

  constructor(stream: RecordStream, claimed: Claimed) {
    this.place = stream.name
    this.journalId = claimed.record.header.journalId
    this.#stream = stream
    this.#record = claimed.record
    this.#epochSequence = claimed.sequence
    this.#lastSequence = claimed.sequence
    this.#lastFrame = claimed.nextFrame - 1
    this.#checksum = claimed.checksum
    this.#logBytes = claimed.logBytes
  }

  get epoch(): number {
    return this.#record.header.epoch
  }

  /** The number of the last record that is known to be stored. */
  get sequence(): number {
    return this.#lastSequence
  }

  get sizes(): LogSizes {
    const { snapshot } = this.#record
    return {
      segmentCount: 1,
      snapshotFrame: snapshot?.number,
      snapshotBytes: snapshot?.sizeBytes ?? 0,
      logBytes: this.#logBytes,
      logBytesMax: this.#stream.logBytesMax,
    }
  }

  /** Tells what is known. The stream is asked meanwhile, so a process with nothing to write learns it from a later call. */
  lost(): string | undefined {
    if (this.#lostWords === undefined && !this.#isLooking) {
      this.#isLooking = true
      this.#stream.readEpoch(answer => {
        this.#isLooking = false
        if (answer.kind === 'record') this.#checkEpoch(answer.record)
      })
    }
    return this.#lostWords
  }

  isReady(): boolean {
    return this.#coming === undefined
  }

  /** Settles the record of a snapshot. */
  prepare(_: number, done: LogDone): void {
    this.#putInForce(problem => done(this.#coming === undefined ? undefined : problem))
  }

  append({ number, bytes }: SealedFrame, done: LogDone): void {
    // It was in doubt, and was found to be stored before a snapshot came into force.
    if (number === this.#lastFrame) return done()
    assert(number === this.#lastFrame + 1, 'frames come in their order')
    const record = encodeFrameRecord(bytes, this.#record.header.epoch, this.#checksum)
    const storedBytes = record.length + recordOverheadBytes
    const makesRoom = this.#upload?.isStored === true && number < this.#upload.number
    const isFull = this.#logBytes + storedBytes > this.#stream.logBytesMax && !makesRoom
    if (isFull && this.#lostWords === undefined)
      return done({ code: logFull, words: `the stream ${this.place} is full: ${this.#logBytes} bytes` })
    const onStored = (stored: LogDone) => {
      this.#lastFrame = number
      this.#checksum = checksumOfRecord(record)
      this.#logBytes += storedBytes
      this.#noteCut()
      stored()
    }
    this.#publish({ subject: 'frames', bytes: record, onStored, done })
  }

  snapshot(number: number, image: LedgerImage, done: LogDone): void {
    assert(this.#upload === undefined, 'one snapshot at a time')
    this.#attempt += 1
    const { header } = this.#record
    const id = { epoch: header.epoch, attempt: this.#attempt }
    this.#upload = new SnapshotUpload(this.#stream, id, number, image, header, problem => {
      if (problem !== undefined) this.#upload = undefined
      done(problem)
    })
    this.#cut = undefined
    this.#noteCut()
    const upload = this.#upload
    // What earlier attempts have left takes the room of this one.
    this.#stream.dropSnapshotsBefore(id, this.#record.snapshot, () => upload.start())
  }

  removeBefore(number: number, done: LogDone): void {
    const upload = this.#upload
    assert(upload?.number === number && this.#cut !== undefined, 'the snapshot is stored')
    const { fromSequence, checksumBefore } = this.#cut
    const { pieceCount, sizeBytes } = upload
    this.#coming = { ...upload.id, number, fromSequence, checksumBefore, pieceCount, sizeBytes }
    this.#putInForce(done)
  }

  close(): void {
    this.#upload?.cancel()
  }

  #noteCut(): void {
    if (this.#upload?.number !== this.#lastFrame + 1 || this.#cut !== undefined) return
    this.#cut = {
      fromSequence: this.#lastSequence + 1,
      checksumBefore: this.#checksum,
      logBytes: this.#logBytes,
    }
  }

  #putInForce(done: LogDone): void {
    const snapshot = this.#coming
    assert(snapshot !== undefined, 'a snapshot is to be put in force')
    const doubtful = this.#doubtful
    if (doubtful?.subject === 'frames') {
      const goOn = (problem?: LogProblem) => (problem === undefined ? this.#putInForce(done) : done(problem))
      return this.#publish({ ...doubtful, done: goOn })
    }
    const record = { ...this.#record, snapshot }
    const onStored = (stored: LogDone) => {
      this.#record = record
      this.#epochSequence = this.#lastSequence
      this.#logBytes -= this.#cut?.logBytes ?? 0
      this.#coming = undefined
      this.#upload = undefined
      this.#remove(snapshot, stored)
    }
    this.#publish({ subject: 'epoch', bytes: encodeEpochRecord(record), onStored, done })
  }

  #remove(snapshot: SnapshotPlace, done: LogDone): void {
    this.#stream.purgeBefore(snapshot.fromSequence, answer => {
      if (answer.kind !== 'done') return done(this.#problemOf(answer))
      this.#stream.dropSnapshotsBefore(snapshot, undefined, dropped =>
        done(dropped.kind === 'done' ? undefined : this.#problemOf(dropped)),
      )
    })
  }

  /** Invariant 1. The stream answers each publication once. */
  #publish(publication: Publication, countLeft = publishCountMax): void {
    if (this.#lostWords !== undefined) return publication.done({ code: fenced, words: this.#lostWords })
    const { subject, bytes } = publication
    this.#doubtful = publication
    const [epochSequence, lastSequence] = [this.#epochSequence, this.#lastSequence]
    this.#stream.publish({ subject, bytes, epochSequence, lastSequence }, answer => {
      if (answer.kind === 'stored') return this.#onStored(publication, answer.sequence)
      if (answer.kind === 'refused') return publication.done(this.#problemOf(answer))
      this.#settle(publication, countLeft - 1)
    })
  }

  #settle(publication: Publication, countLeft: number): void {
    const { bytes, done } = publication
    this.#stream.read(this.#lastSequence + 1, answer => {
      if (answer.kind === 'silent') return done(this.#problemOf(answer))
      if (answer.kind === 'absent') return this.#settleByEpoch(publication, countLeft)
      const { record } = answer
      if (sameBytes(record.bytes, bytes)) return this.#onStored(publication, record.sequence)
      done(this.#lose(record))
    })
  }

  /** A later epoch may have removed the record with the next number. */
  #settleByEpoch(publication: Publication, countLeft: number): void {
    this.#stream.readEpoch(answer => {
      if (answer.kind === 'record' && this.#checkEpoch(answer.record) && countLeft > 0)
        return this.#publish(publication, countLeft)
      const words = this.#lostWords
      publication.done(words === undefined ? this.#problemOf({ kind: 'silent' }) : { code: fenced, words })
    })
  }

  #onStored({ onStored, done }: Publication, sequence: number): void {
    if (sequence !== this.#lastSequence + 1) return done(this.#lose({ sequence, bytes: noBytes }))
    this.#lastSequence = sequence
    this.#doubtful = undefined
    onStored(done)
  }

  /** Whether the last record of the subject `epoch` is this process's. */
  #checkEpoch(last: StreamRecord): boolean {
    const claimId = decodeEpochRecord(last.bytes)?.claimId ?? noBytes
    if (last.sequence < this.#epochSequence || sameBytes(claimId, this.#record.claimId)) return true
    this.#lose(last)
    return false
  }

  #lose({ sequence, bytes }: StreamRecord): LogProblem {
    const { epoch } = this.#record.header
    const other = decodeEpochRecord(bytes)?.header.epoch
    const whose = other === undefined ? 'is not of this process' : `claims epoch ${other}`
    this.#lostWords ??= `this process has epoch ${epoch}, and record ${sequence} ${whose}`
    this.#upload?.cancel()
    return { code: fenced, words: this.#lostWords }
  }

  #problemOf(answer: Exclude<StreamAnswer, { readonly kind: 'done' }>): LogProblem {
    if (answer.kind === 'silent')
      return { code: 'ETIMEDOUT', words: `the stream ${this.place} does not answer` }
    return { code: answer.code, words: `the stream ${this.place} refuses: ${answer.words}` }
  }
}

const noBytes = new Uint8Array(0)
