import type { LedgerImage } from '@rinha/payment'
import { crc32c } from '../crc32c.ts'
import { decodeHeader, frameHeaderBytes, journalSeedOf, readFrameHeader, sameBytes } from '../format.ts'
import { ImageReader } from '../image-codec.ts'
import type { FoundLog } from '../journal.ts'
import { recordOverheadBytes } from '../limits.ts'
import { nonsenseWords, readFacts } from '../read-facts.ts'
import type { JournalSink } from '../recover.ts'
import { Roster } from '../roster.ts'
import { readSnapshot } from '../snapshot-reader.ts'
import {
  decodeEpochRecord,
  decodeFrameRecord,
  type EpochRecord,
  type FrameRecord,
  type SnapshotPlace,
} from './record-codec.ts'
import type { StreamRecord } from './record-stream.ts'

interface FoundImage {
  readonly kind: 'image'
  readonly image: LedgerImage
  readonly paymentCount: number
  readonly header: EpochRecord['header']
}

type FoundPieces =
  | FoundImage
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'damaged'; readonly words: string }

/** The snapshot that stands at `place`, from its pieces. */
export function readPieces(pieces: readonly Uint8Array[], place: SnapshotPlace): FoundPieces {
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0)
  if (pieces.length !== place.pieceCount || sizeBytes !== place.sizeBytes) return { kind: 'incomplete' }
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  const reading = decodeHeader(bytes, 'snapshot')
  if (!reading.ok) return { kind: 'damaged', words: reading.what }
  const { header, headerBytes } = reading
  const reader = new ImageReader(header.processors.length)
  const file = { sizeBytes, read: (from: number, count: number) => bytes.subarray(from, from + count) }
  const fault = readSnapshot(file, header.journalId, place.number, headerBytes, reader)
  if (fault !== undefined) return { kind: 'damaged', words: fault.what }
  return { kind: 'image', image: reader.image, paymentCount: reader.paymentCount, header }
}

/**
 * The records of a stream in their order, read into a sink. Each frame has to be of the epoch that was claimed last before it,
 * have the next number, and name the checksum of the frame before. Where one does not, the log has diverged, or is damaged.
 */
export class StreamHistory {
  readonly #sink: JournalSink
  readonly #roster: Roster
  readonly #counts = { paymentCount: 0, entryCount: 0 }
  #header: EpochRecord['header'] | undefined
  #nextFrame = 1
  /** The number of the last record that was read. */
  sequence = 0
  /** Of the last frame record. */
  checksum = 0
  /** Bytes of the frame records after the snapshot, as a server stores them. */
  logBytes = 0

  constructor(processors: readonly string[], sink: JournalSink) {
    this.#roster = new Roster(processors)
    this.#sink = sink
  }

  /** 0: nobody has claimed any. */
  get epoch(): number {
    return this.#header?.epoch ?? 0
  }

  get found(): FoundLog {
    return { ...this.#counts, processors: this.#roster.names, nextFrame: this.#nextFrame }
  }

  /** The state from which the records at `place` go on. Answers what is wrong with it. */
  restore({ image, paymentCount, header }: FoundImage, place: SnapshotPlace): string | undefined {
    if (header.epoch !== place.epoch) return 'the snapshot is of another epoch than its record says'
    this.#noteHeader(header)
    this.#nextFrame = place.number
    this.sequence = place.fromSequence - 1
    this.checksum = place.checksumBefore
    this.#counts.paymentCount = paymentCount
    this.#roster.translateImage(image, header.processors)
    return wordsOf(() => this.#sink.restore(image))
  }

  /** Reads the next record. Answers what is wrong with it. */
  apply({ sequence, bytes }: StreamRecord): string | undefined {
    this.sequence = sequence
    const frame = decodeFrameRecord(bytes)
    const words = frame === undefined ? this.#applyEpoch(bytes) : this.#applyFrame(frame, bytes.length)
    return words && `record ${sequence}: ${words}`
  }

  #applyEpoch(bytes: Uint8Array): string | undefined {
    const record = decodeEpochRecord(bytes)
    if (record === undefined) return 'it is damaged'
    const { header } = record
    if (this.#header !== undefined) {
      if (!sameBytes(header.journalId, this.#header.journalId)) return 'it is of another journal'
      if (header.epoch < this.#header.epoch) return `epoch ${header.epoch} after epoch ${this.#header.epoch}`
    }
    this.#noteHeader(header)
    return undefined
  }

  #applyFrame(
    { epoch, checksumBefore, checksum, frame }: FrameRecord,
    recordBytes: number,
  ): string | undefined {
    const current = this.#header
    if (current?.epoch !== epoch)
      return `the log has diverged: a frame of epoch ${epoch} in epoch ${current?.epoch ?? 0}`
    if (checksumBefore !== this.checksum) return 'the log has diverged: the frame follows upon another one'
    const header = readFrameHeader(frame, 0, journalSeedOf(current.journalId))
    if (header?.number !== this.#nextFrame)
      return `the log has diverged: frame ${header?.number} where frame ${this.#nextFrame} belongs`
    const payload = frame.subarray(frameHeaderBytes)
    if (payload.length !== header.payloadBytes || crc32c(payload, header.seed) !== header.payloadCrc)
      return 'the frame is damaged: a checksum does not match'
    this.#nextFrame += 1
    this.checksum = checksum
    this.logBytes += recordBytes + recordOverheadBytes
    const { processors } = current
    return readFacts(payload, processors, this.#roster, this.#counts, fact => this.#sink.apply(fact))?.what
  }

  #noteHeader(header: EpochRecord['header']): void {
    this.#header = header
    for (const name of header.processors) this.#roster.indexOf(name)
  }
}

function wordsOf(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return nonsenseWords(error)
  }
}
