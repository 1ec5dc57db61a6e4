import { crc32c } from './crc32c.ts'
import type { FileReader } from './file-reader.ts'
import { frameHeaderBytes, frameMagic, journalSeedOf, readFrameHeader } from './format.ts'
import { frameBytesMax } from './limits.ts'

export interface Frame {
  readonly file: string
  readonly number: number
  readonly offset: number
  readonly payload: Uint8Array
}

/** The bytes at a place where no whole frame with the expected number begins. */
export type SegmentEnd =
  /** The file ends there. */
  | { readonly kind: 'clean' }
  /** What the last write left when it was cut off: nothing of it was ever synced. */
  | { readonly kind: 'torn'; readonly bytes: number }
  /** Bytes that had been synced have changed. */
  | { readonly kind: 'damaged'; readonly offset: number; readonly what: string }

/**
 * Reads the frames of a segment, one after the other, after its header. They must be whole and numbered consecutively.
 * Where that ends, {@link judgeEnd} says why.
 */
export class SegmentReader {
  readonly #file: FileReader
  readonly #seed: number
  #offset: number
  #nextNumber: number

  constructor(file: FileReader, journalId: Uint8Array, headerBytes: number, firstNumber: number) {
    this.#file = file
    this.#seed = journalSeedOf(journalId)
    this.#offset = headerBytes
    this.#nextNumber = firstNumber
  }

  /** The offset at which the next frame begins, or should begin. */
  get offset(): number {
    return this.#offset
  }

  get nextNumber(): number {
    return this.#nextNumber
  }

  /** The next frame, or undefined if no whole frame with the next number follows. */
  next(): Frame | undefined {
    const header = this.#headerAt(this.#offset)
    if (header?.number !== this.#nextNumber) return undefined
    const payload = this.#file.read(this.#offset + frameHeaderBytes, header.payloadBytes)
    if (payload.length < header.payloadBytes || crc32c(payload, header.seed) !== header.payloadCrc)
      return undefined
    const frame = { file: this.#file.name, number: header.number, offset: this.#offset, payload }
    this.#offset += frameHeaderBytes + header.payloadBytes
    this.#nextNumber += 1
    return frame
  }

  /**
   * Judges the bytes after the last frame, if they are the end of everything that was written. A torn tail is at most as
   * long as a frame. After its first byte there is no frame of this journal, not even the header of one, because a frame is
   * only written when the one before is synced.
   */
  judgeEnd(): SegmentEnd {
    const restBytes = this.#file.sizeBytes - this.#offset
    if (restBytes <= 0) return { kind: 'clean' }
    const header = this.#headerAt(this.#offset)
    const damaged = (offset: number, what: string): SegmentEnd => ({ kind: 'damaged', offset, what })
    if (header !== undefined && header.number !== this.#nextNumber) {
      const what = header.number < this.#nextNumber ? 'is there a second time' : 'follows'
      return damaged(this.#offset, `frame ${header.number} ${what} where frame ${this.#nextNumber} belongs`)
    }
    if (header !== undefined && restBytes > frameHeaderBytes + header.payloadBytes)
      return damaged(this.#offset, `frame ${header.number} is damaged, and something was written behind it`)
    if (restBytes > frameHeaderBytes + frameBytesMax)
      return damaged(
        this.#offset,
        `${restBytes} bytes in place of frame ${this.#nextNumber}, more than a write that was cut off leaves`,
      )
    const behind = this.#frameBehind()
    if (behind !== undefined)
      return damaged(
        this.#offset,
        `frame ${this.#nextNumber} is damaged, and frame ${behind} was written behind it`,
      )
    return { kind: 'torn', bytes: restBytes }
  }

  /** The number of a frame whose header stands anywhere after the first byte of the next frame. */
  #frameBehind(): number | undefined {
    const rest = this.#file.read(this.#offset, frameHeaderBytes + frameBytesMax)
    for (let at = 1; at + frameHeaderBytes <= rest.length; at += 1) {
      if (rest[at] !== (frameMagic & 255)) continue
      const header = readFrameHeader(rest, at, this.#seed)
      if (header !== undefined) return header.number
    }
    return undefined
  }

  #headerAt(offset: number): ReturnType<typeof readFrameHeader> {
    return readFrameHeader(this.#file.read(offset, frameHeaderBytes), 0, this.#seed)
  }
}
