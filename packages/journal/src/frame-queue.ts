import { assert } from '@rinha/base'
import { type Fact, paymentRecordBytes } from '@rinha/payment'
import { factProblem, headBytes, headBytesOf, writeEntry } from './entry-codec.ts'
import { encodeText, frameHeaderBytes, sealFrame, viewOf } from './format.ts'
import {
  frameFillBytesMax,
  recordCountMax,
  rowCountMax,
  spareBufferBytesMax,
  spareBufferCount,
} from './limits.ts'

/** A frame with its number and checksums. Its bytes no longer change. */
export interface SealedFrame {
  readonly number: number
  readonly bytes: Uint8Array
}

/**
 * What was appended and is not yet on disk: sealed frames, oldest first, and the one that is being filled.
 *
 * A frame is kept in memory, bytes and number, until the disk has synced it, so that after a failure exactly the same
 * frame can be written to another file. Two buffers take turns, so that an entry allocates nothing; only what a slow
 * disk keeps waiting needs more of them.
 *
 * Invariants:
 *   1. Numbers are consecutive, in the order of the facts.
 *   2. An entry is whole in one frame, and no frame's payload is longer than {@link frameFillBytesMax}.
 *   3. The frame being filled becomes sealed when it is full, when it is next to be written, or when a snapshot begins.
 */
export class FrameQueue {
  readonly #journalSeed: number
  readonly #processorCount: number
  readonly #sealed: SealedFrame[] = []
  readonly #spares: Uint8Array[] = []
  #buffer: Uint8Array = new Uint8Array(initialBytes)
  #view = viewOf(this.#buffer)
  #at = frameHeaderBytes
  #nextNumber: number
  #sealedBytes = 0
  #entryCount = 0

  constructor(journalSeed: number, processorCount: number, nextNumber: number) {
    this.#journalSeed = journalSeed
    this.#processorCount = processorCount
    this.#nextNumber = nextNumber
  }

  /** The number that the frame being filled will have. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /** The number of the frame that holds the last entry. */
  get lastNumber(): number {
    return this.#at > frameHeaderBytes ? this.#nextNumber : this.#nextNumber - 1
  }

  get pendingBytes(): number {
    return this.#sealedBytes + (this.#at > frameHeaderBytes ? this.#at : 0)
  }

  /** Entries appended, as frames hold them. */
  get entryCount(): number {
    return this.#entryCount
  }

  append(fact: Fact): void {
    const problem = factProblem(fact, this.#processorCount, rowCountMax)
    assert(problem === undefined, problem ?? '')
    if (fact.kind !== 'accepted') return this.#put(fact)
    const { records } = fact
    const stepBytes = recordCountMax * paymentRecordBytes
    for (let at = 0; at < records.length; at += stepBytes)
      this.#put({ ...fact, records: records.subarray(at, at + stepBytes) })
  }

  /** The oldest frame, left in place. Seals the one being filled when there is no other. */
  peek(): SealedFrame | undefined {
    if (this.#sealed.length === 0) this.seal()
    return this.#sealed[0]
  }

  /** The oldest frame is on disk. */
  shift(): void {
    const frame = this.#sealed.shift()
    assert(frame !== undefined, 'a frame was synced')
    this.#sealedBytes -= frame.bytes.length
    const buffer = new Uint8Array(frame.bytes.buffer)
    if (this.#spares.length < spareBufferCount && buffer.length <= spareBufferBytesMax)
      this.#spares.push(buffer)
  }

  /** Entries from here on are in frames from {@link nextNumber} on. */
  seal(): void {
    if (this.#at === frameHeaderBytes) return
    const bytes = this.#buffer.subarray(0, this.#at)
    sealFrame(bytes, this.#journalSeed, this.#nextNumber)
    this.#sealed.push({ number: this.#nextNumber, bytes })
    this.#sealedBytes += bytes.length
    this.#nextNumber += 1
    this.#buffer = this.#spares.pop() ?? new Uint8Array(initialBytes)
    this.#view = viewOf(this.#buffer)
    this.#at = frameHeaderBytes
  }

  #put(fact: Fact): void {
    const text = textOf(fact)
    const recordsBytes = fact.kind === 'accepted' ? fact.records.length : 0
    const bytesCount = headBytesOf(fact) + recordsBytes + text.length
    if (this.#at - frameHeaderBytes + bytesCount > frameFillBytesMax) this.seal()
    this.#makeRoom(bytesCount)
    writeEntry(this.#buffer, this.#view, this.#at, fact, text)
    this.#at += bytesCount
    this.#entryCount += 1
  }

  #makeRoom(bytesCount: number): void {
    const neededBytes = this.#at + bytesCount
    if (neededBytes <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(neededBytes, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = grown
    this.#view = viewOf(grown)
  }
}

function textOf(fact: Fact): Uint8Array {
  if (fact.kind === 'rejected') return encodeText(fact.reason)
  return fact.kind === 'noted' ? encodeText(fact.text) : noBytes
}

const noBytes = new Uint8Array(0)
const initialBytes = 16 * 1024

const longestBytes = headBytes.accepted + recordCountMax * paymentRecordBytes
assert(longestBytes <= frameFillBytesMax, 'the longest entry fits a frame')
