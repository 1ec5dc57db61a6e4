import { assert } from '@rinha/base'
import { type AppendFile, type DiskProblem, type JournalDisk, refusalOf } from './disk.ts'
import { encodeHeader, numbersOf, segmentName } from './format.ts'
import type { FoundJournal, SegmentFile } from './history.ts'

type Done = (problem: DiskProblem | undefined) => void

export interface SegmentIdentity {
  readonly journalId: Uint8Array
  readonly processors: readonly string[]
  readonly epoch: number
}

/**
 * The segments on disk, and the one that is written: at most one append at a time, its header before anything else.
 *
 * States: without a current segment (at the start, after {@link abandon}), opening (its header is on the way), open.
 *
 * After a problem nobody knows what a file holds, and a sync that is tried again may answer that all is well about pages
 * that are lost (Rebello et al., "Can applications recover from fsync failures?", 2020). So a segment that failed is never
 * written again. The next one begins with the first frame that was not synced; where that is the frame the failed one
 * began with, it has nothing that counts, and makes way for its successor of the same name.
 */
export class SegmentWriter {
  readonly #disk: JournalDisk
  readonly #identity: SegmentIdentity
  readonly #segments: { name: string; firstFrame: number; sizeBytes: number; syncedBytes: number }[]
  readonly #startFrame: number
  /** The last one of the process before this one. */
  readonly #inherited: SegmentFile | undefined
  readonly #madeNames = new Set<string>()
  #current: AppendFile | undefined

  constructor(disk: JournalDisk, identity: SegmentIdentity, { segments, nextFrame }: FoundJournal) {
    this.#disk = disk
    this.#identity = identity
    this.#segments = segments.map(segment => ({ ...segment, syncedBytes: segment.sizeBytes }))
    this.#startFrame = nextFrame
    this.#inherited = segments.at(-1)
  }

  get isOpen(): boolean {
    return this.#current !== undefined
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  /** Bytes of the segments that have frames from `frame` on. */
  bytesFrom(frame: number): number {
    return this.#segments.reduce(
      (sum, { firstFrame, sizeBytes }) => sum + (firstFrame >= frame ? sizeBytes : 0),
      0,
    )
  }

  /** The first frame of the segment that is open. */
  get firstFrame(): number | undefined {
    return this.#current === undefined ? undefined : this.#segments.at(-1)?.firstFrame
  }

  get currentBytes(): number {
    return this.#segments.at(-1)?.sizeBytes ?? 0
  }

  /** Begins a segment with `frame`, in place of the current one. */
  open(frame: number, done: Done): void {
    this.abandon()
    const header = encodeHeader({ kind: 'segment', number: frame, ...this.#identity })
    const name = segmentName(frame)
    const refusal = refusalOf(() => {
      this.#clearWay(frame, name)
      this.#current = this.#disk.create(name)
    })
    // Whether the file is there or not: unless it was there before, it is ours to remove.
    if (refusal?.code !== 'EEXIST') this.#note(name, frame)
    if (refusal !== undefined) return done(refusal)
    this.append(header, done)
  }

  append(bytes: Uint8Array, done: Done): void {
    const segment = this.#segments.at(-1)
    assert(this.#current !== undefined && segment !== undefined, 'a segment is open')
    segment.sizeBytes += bytes.length
    this.#current.append(bytes, problem => {
      if (problem === undefined) segment.syncedBytes = segment.sizeBytes
      done(problem)
    })
  }

  /**
   * Stops writing the current segment, and cuts off what the failed append has left. Otherwise a successor would read
   * that from the system's cache as if it was on the disk.
   */
  abandonFailed(): void {
    this.abandon()
    const segment = this.#segments.at(-1)
    if (segment === undefined || !this.#madeNames.has(segment.name)) return
    refusalOf(() => this.#disk.truncate(segment.name, segment.syncedBytes))
    segment.sizeBytes = segment.syncedBytes
  }

  /** Closes the current segment for writing. No append may be under way. */
  abandon(): void {
    const file = this.#current
    this.#current = undefined
    // A refusal changes nothing: the file is written no more.
    refusalOf(() => file?.close())
  }

  /** The segments before `frame` are gone. */
  forgetBefore(frame: number): void {
    while ((this.#segments[0]?.firstFrame ?? frame) < frame) this.#segments.shift()
  }

  /**
   * The bytes that another process has written since this one started, in words. Undefined also if the disk refuses to
   * tell.
   */
  intruder(): string | undefined {
    let words: string | undefined
    refusalOf(() => {
      words = this.#intruder()
    })
    return words
  }

  #intruder(): string | undefined {
    const names = this.#disk.names()
    const strange = numbersOf(names, 'segment').find(
      number => number >= this.#startFrame && !this.#madeNames.has(segmentName(number)),
    )
    if (strange !== undefined) return `another process has written ${segmentName(strange)}`
    const { name, sizeBytes } = this.#inherited ?? { name: '', sizeBytes: 0 }
    const hasGrown = names.includes(name) && this.#disk.sizeBytes(name) > sizeBytes
    return hasGrown ? `another process goes on writing ${name}` : undefined
  }

  /** Removes a failed segment of ours that began with the same frame. */
  #clearWay(frame: number, name: string): void {
    const last = this.#segments.at(-1)
    if (last?.firstFrame !== frame) return
    assert(this.#madeNames.has(name), 'a segment of an earlier process has frames')
    if (this.#disk.names().includes(name)) this.#disk.remove(name)
    this.#segments.pop()
  }

  #note(name: string, firstFrame: number): void {
    this.#madeNames.add(name)
    if (this.#segments.at(-1)?.firstFrame === firstFrame) return
    this.#segments.push({ name, firstFrame, sizeBytes: 0, syncedBytes: 0 })
  }
}
