import type { LedgerImage } from '@rinha/payment'
import { type AppendFile, type DiskProblem, type JournalDisk, refusalOf } from './disk.ts'
import { encodeHeader, temporaryName } from './format.ts'
import { encodeImage } from './image-codec.ts'
import type { SegmentIdentity } from './segment-writer.ts'

/**
 * One snapshot on its way to the disk, under a temporary name: a piece, its sync, the next piece, so that no more than one
 * of them is in memory and no turn of the event loop is long. The owner gives it its real name when it is `written`, and
 * not before everything it stands for is synced.
 *
 * States: writing → written, by the last sync; → failed, by a problem or {@link cancel}. Either is final, and told once.
 */
export class SnapshotWriter {
  readonly number: number
  readonly temporaryName: string
  readonly #disk: JournalDisk
  readonly #pieces: Iterator<Uint8Array>
  readonly #header: Uint8Array
  readonly #done: (problem: DiskProblem | undefined) => void
  #file: AppendFile | undefined
  #sizeBytes = 0
  #state: 'writing' | 'written' | 'failed' = 'writing'

  constructor(
    disk: JournalDisk,
    identity: SegmentIdentity,
    number: number,
    image: LedgerImage,
    done: (problem: DiskProblem | undefined) => void,
  ) {
    this.number = number
    this.temporaryName = temporaryName(number)
    this.#disk = disk
    this.#header = encodeHeader({ kind: 'snapshot', number, ...identity })
    this.#pieces = encodeImage(image, identity.journalId, number, identity.processors.length)
    this.#done = done
  }

  get isWritten(): boolean {
    return this.#state === 'written'
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  start(): void {
    const refusal = refusalOf(() => {
      this.#removeTemporary()
      this.#file = this.#disk.create(this.temporaryName)
    })
    if (refusal !== undefined) return this.#end(refusal)
    this.#append(this.#header)
  }

  /** Given up, without a word. A piece that is under way still ends. */
  cancel(): void {
    if (this.#state === 'writing') this.#state = 'failed'
  }

  #append(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length
    this.#file?.append(bytes, problem => {
      if (this.#state !== 'writing') return this.#close()
      if (problem !== undefined) return this.#end(problem)
      const piece = this.#pieces.next()
      if (piece.done === true) this.#end(undefined)
      else this.#append(piece.value)
    })
  }

  #end(problem: DiskProblem | undefined): void {
    this.#close()
    this.#state = problem === undefined ? 'written' : 'failed'
    if (problem !== undefined) refusalOf(() => this.#removeTemporary())
    this.#done(problem)
  }

  #close(): void {
    const file = this.#file
    this.#file = undefined
    refusalOf(() => file?.close())
  }

  #removeTemporary(): void {
    if (this.#disk.names().includes(this.temporaryName)) this.#disk.remove(this.temporaryName)
  }
}
