import type { LedgerImage } from '@rinha/payment'
import { encodeHeader } from '../format.ts'
import { encodeImage } from '../image-codec.ts'
import { pieceBytesMax } from '../limits.ts'
import type { LogDone } from '../log/log-store.ts'
import type { EpochRecord } from './record-codec.ts'
import type { RecordStream, SnapshotId } from './record-stream.ts'

/**
 * One snapshot on its way to a stream: a piece, its acknowledgement, the next piece, so that no more than a chunk of it is in
 * memory. It counts only once a record of the log says so. Each piece is stored behind the one before, or not at
 * all, so none is there twice. Any trouble ends the upload.
 *
 * States: storing → stored, by the last acknowledgement; → failed, by an answer or {@link cancel}.
 */
export class SnapshotUpload {
  readonly id: SnapshotId
  readonly number: number
  readonly #stream: RecordStream
  readonly #pieces: Iterator<Uint8Array>
  readonly #done: LogDone
  #isCancelled = false
  #lastSequence = 0
  isStored = false
  pieceCount = 0
  sizeBytes = 0

  constructor(
    stream: RecordStream,
    id: SnapshotId,
    number: number,
    image: LedgerImage,
    header: EpochRecord['header'],
    done: LogDone,
  ) {
    this.id = id
    this.number = number
    this.#stream = stream
    this.#pieces = piecesOf(number, image, header)
    this.#done = done
  }

  start(): void {
    if (this.#isCancelled) return
    const piece = this.#pieces.next()
    if (piece.done === true) {
      this.isStored = true
      return this.#done()
    }
    this.pieceCount += 1
    this.sizeBytes += piece.value.length
    this.#stream.storePiece(this.id, piece.value, this.#lastSequence, answer => {
      if (this.#isCancelled) return
      if (answer.kind === 'stored') {
        this.#lastSequence = answer.sequence
        return this.start()
      }
      const { code, words } = answer.kind === 'refused' ? answer : { code: 'ETIMEDOUT', words: answer.kind }
      this.#done({ code, words: `the stream ${this.#stream.name} has not stored a piece: ${words}` })
    })
  }

  /** Given up, without a word. */
  cancel(): void {
    this.#isCancelled = true
  }
}

function* piecesOf(
  number: number,
  image: LedgerImage,
  header: EpochRecord['header'],
): Generator<Uint8Array, void, void> {
  yield encodeHeader({ kind: 'snapshot', number, ...header })
  for (const chunk of encodeImage(image, header.journalId, number, header.processors.length))
    for (let at = 0; at < chunk.length; at += pieceBytesMax) yield chunk.subarray(at, at + pieceBytesMax)
}
