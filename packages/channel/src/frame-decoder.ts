import { assert, joinBytes } from '@rinha/base'
import { frameHeaderBytes } from './limits.ts'

/** Why a stream of frames cannot go on. After either of them nothing that follows means anything. */
export type FrameProblem = 'overlong' | 'empty'

/**
 * Cuts a stream of bytes into payloads: chunks of any size go in, whole payloads come out, and no socket is in sight.
 *
 * It is pulled from, not pushing, so that its owner may stop between two frames of one chunk when it cannot take more.
 * A payload that lies whole within a chunk is a view of it, without a copy; only one that spans chunks is put together
 * in a buffer of its own. A length past the limit is a problem as soon as its four bytes are there: nothing is ever
 * buffered for it.
 *
 * Invariants:
 *   1. The payloads that come out, with their lengths in front, are the bytes that went in, wherever they were cut.
 *   2. At most `payloadBytesMax` bytes are buffered besides the chunk at hand.
 *   3. After a problem, every call gives that problem.
 */
export class FrameDecoder {
  payloadBytesMax: number
  #chunk: Uint8Array = noBytes
  #at = 0
  /** The payload that spans chunks, and how much of it is there. */
  #partial: Uint8Array | undefined
  #partialBytes = 0
  /** The length as far as it has been read. */
  #length = 0
  #lengthBytes = 0
  #problem: FrameProblem | undefined

  constructor(payloadBytesMax: number) {
    assert(payloadBytesMax > 0, 'payloadBytesMax is positive')
    this.payloadBytesMax = payloadBytesMax
  }

  /** Adds bytes. They must stay as they are until {@link next} has given `undefined`. */
  push(chunk: Uint8Array): void {
    this.#chunk = this.#at < this.#chunk.length ? joinBytes([this.#chunk.subarray(this.#at), chunk]) : chunk
    this.#at = 0
  }

  /** The next whole payload, `undefined` when more bytes are needed, or why there can be none. */
  next(): Uint8Array | FrameProblem | undefined {
    if (this.#problem !== undefined) return this.#problem
    if (!this.#readLength()) return this.#problem
    const rest = this.#chunk.length - this.#at
    if (this.#partial === undefined && rest >= this.#length) {
      const payload = this.#chunk.subarray(this.#at, this.#at + this.#length)
      return this.#finish(payload, this.#length)
    }
    this.#partial ??= new Uint8Array(this.#length)
    const taken = Math.min(rest, this.#length - this.#partialBytes)
    this.#partial.set(this.#chunk.subarray(this.#at, this.#at + taken), this.#partialBytes)
    if (this.#partialBytes + taken === this.#length) return this.#finish(this.#partial, taken)
    this.#partialBytes += taken
    this.#at += taken
    return undefined
  }

  /** False if the length is incomplete or not allowed. */
  #readLength(): boolean {
    while (this.#lengthBytes < frameHeaderBytes) {
      const byte = this.#chunk[this.#at]
      if (byte === undefined) return false
      this.#length = this.#length * 256 + byte
      this.#lengthBytes += 1
      this.#at += 1
      if (this.#lengthBytes < frameHeaderBytes) continue
      if (this.#length === 0) this.#problem = 'empty'
      if (this.#length > this.payloadBytesMax) this.#problem = 'overlong'
    }
    return this.#problem === undefined
  }

  #finish(payload: Uint8Array, taken: number): Uint8Array {
    this.#at += taken
    this.#partial = undefined
    this.#partialBytes = 0
    this.#length = 0
    this.#lengthBytes = 0
    return payload
  }
}

const noBytes = new Uint8Array(0)
