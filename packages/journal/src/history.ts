import { AssertionError } from '@rinha/base'
import type { Fact, LedgerImage } from '@rinha/payment'
import { DiskProblem, type JournalDisk } from './disk.ts'
import { EntryReader } from './entry-codec.ts'
import { FileReader } from './file-reader.ts'
import {
  decodeHeader,
  encodeHeader,
  type FileHeader,
  type FileKind,
  frameHeaderBytes,
  headerBytesMax,
  headerBytesMin,
  numbersOf,
  sameBytes,
  segmentName,
  snapshotName,
} from './format.ts'
import { ImageReader } from './image-codec.ts'
import { ImageReaderV1 } from './image-codec-v1.ts'
import { journalIdBytes } from './limits.ts'
import { diskProblem, type JournalProblem, journalProblem } from './problem.ts'
import { type Frame, type SegmentEnd, SegmentReader } from './segment-reader.ts'
import { readSnapshot } from './snapshot-reader.ts'

/** What hears a history as it is read. An AssertionError from `restore` or `entry` says that it makes no sense. */
export interface HistoryVisitor {
  file(kind: FileKind, name: string, sizeBytes: number): void
  restore(image: LedgerImage, name: string): void
  frame(frame: Frame, name: string): void
  entry(entry: Fact, frame: Frame, name: string, offset: number): void
}

export interface SegmentFile {
  readonly name: string
  readonly firstFrame: number
  readonly sizeBytes: number
}

/** How a history ends that is whole. Nothing on disk has been changed yet. */
export interface HistoryEnd {
  readonly journalId: Uint8Array | undefined
  readonly processors: readonly string[] | undefined
  readonly nextFrame: number
  readonly snapshotFrame: number | undefined
  readonly snapshotBytes: number
  readonly paymentCount: number
  readonly entryCount: number
  /** The segments that hold frames to be replayed. */
  readonly segments: readonly SegmentFile[]
  /** Behind the last frame of the last segment: what a write left that was cut off. */
  readonly tail: { readonly file: string; readonly offset: number; readonly bytes: number } | undefined
  /** A last segment without a frame. Its name is the one that the next segment will have. */
  readonly emptySegment: string | undefined
}

/**
 * Reads a journal from its newest snapshot to its last frame, changing nothing.
 *
 * The files have to be a chain: a snapshot that says from which frame to go on (or none, and frame 1), a segment with that
 * frame, and each segment reaching to where the next one begins. What a segment has beyond that is superseded; format.ts
 * says why. Older segments and snapshots are dead: they were about to be removed.
 *
 * Each method answers the first problem, or undefined. `end` is complete when none was.
 */
export class HistoryReader {
  readonly #disk: JournalDisk
  readonly #visitor: HistoryVisitor
  #processors: readonly string[] | undefined
  #journalId: Uint8Array | undefined
  #file = 'the directory'
  #rowCount = 0
  #entryCount = 0
  #nextFrame = 1
  #snapshotFrame: number | undefined
  #snapshotBytes = 0
  #segments: SegmentFile[] = []
  #tail: HistoryEnd['tail']
  #emptySegment: string | undefined

  /** Without `processors`, those that the files name are right. */
  constructor(disk: JournalDisk, processors: readonly string[] | undefined, visitor: HistoryVisitor) {
    this.#disk = disk
    this.#processors = processors
    this.#visitor = visitor
  }

  get end(): HistoryEnd {
    return {
      journalId: this.#journalId,
      processors: this.#processors,
      nextFrame: this.#nextFrame,
      snapshotFrame: this.#snapshotFrame,
      snapshotBytes: this.#snapshotBytes,
      paymentCount: this.#rowCount,
      entryCount: this.#entryCount,
      segments: this.#segments,
      tail: this.#tail,
      emptySegment: this.#emptySegment,
    }
  }

  read(): JournalProblem | undefined {
    try {
      const names = this.#disk.names()
      const snapshots = numbersOf(names, 'snapshot')
      return this.#readSnapshots(snapshots) ?? this.#readSegments(numbersOf(names, 'segment'))
    } catch (error) {
      if (!(error instanceof DiskProblem)) throw error
      return diskProblem(this.#file, error)
    }
  }

  #readSnapshots(numbers: readonly number[]): JournalProblem | undefined {
    const number = numbers.at(-1)
    if (number === undefined) return undefined
    const file = this.#open('snapshot', snapshotName(number))
    const header = this.#readHeader(file, 'snapshot', number)
    if ('words' in header) return header
    const Reader = header.version === 1 ? ImageReaderV1 : ImageReader
    const reader = new Reader(header.processors.length)
    const fault = readSnapshot(file, header.journalId, number, header.headerBytes, reader)
    if (fault !== undefined) return journalProblem(file.name, fault.offset, fault.what)
    this.#snapshotFrame = number
    this.#snapshotBytes = file.sizeBytes
    this.#nextFrame = number
    this.#rowCount = reader.paymentCount
    const problem = sense(file.name, 0, () => this.#visitor.restore(reader.image, file.name))
    return problem ?? this.#checkDead('snapshot', numbers.slice(0, -1))
  }

  #readSegments(numbers: readonly number[]): JournalProblem | undefined {
    const needed = this.#nextFrame
    if (numbers.length === 0) return undefined
    const start = numbers.findLastIndex(number => number <= needed)
    const first = numbers[Math.max(0, start)] ?? 0
    if (start < 0) {
      const words = `frames ${needed} to ${first - 1} are missing: the history goes on from frame ${needed}, and this is the first segment`
      return journalProblem(segmentName(first), 0, words)
    }
    const dead = this.#checkDead('segment', numbers.slice(0, start))
    if (dead !== undefined) return dead
    for (let index = start; index < numbers.length; index += 1) {
      const problem = this.#readSegment(numbers[index] ?? 0, numbers[index + 1], needed)
      if (problem !== undefined) return problem
    }
    if (this.#nextFrame >= needed) return undefined
    const words = `the snapshot goes on from frame ${needed}, and the segments end before frame ${this.#nextFrame}`
    return journalProblem(snapshotName(needed), 0, words)
  }

  /** Reads one segment, up to where the next one begins. */
  #readSegment(number: number, nextNumber: number | undefined, needed: number): JournalProblem | undefined {
    const file = this.#open('segment', segmentName(number))
    const isLast = nextNumber === undefined
    const header = this.#readHeader(file, 'segment', number)
    if ('words' in header) {
      if (!isLast || !header.torn || file.sizeBytes > this.#headerBytes()) return header
      this.#nextFrame = number
      this.#emptySegment = file.name
      this.#tail = { file: file.name, offset: 0, bytes: file.sizeBytes }
      return undefined
    }
    const reader = new SegmentReader(file, header.journalId, header.headerBytes, number)
    while (isLast || reader.nextNumber < nextNumber) {
      const frame = reader.next()
      if (frame === undefined) break
      if (frame.number < needed) continue
      const problem = this.#readFrame(frame, file.name, header.processors.length)
      if (problem !== undefined) return problem
    }
    this.#nextFrame = reader.nextNumber
    if (reader.nextNumber > Math.max(needed, number))
      this.#segments.push({ name: file.name, firstFrame: number, sizeBytes: file.sizeBytes })
    if (!isLast && reader.nextNumber >= nextNumber) return undefined
    return this.#endSegment(file.name, reader, nextNumber, number)
  }

  #endSegment(
    name: string,
    reader: SegmentReader,
    nextNumber: number | undefined,
    number: number,
  ): JournalProblem | undefined {
    const end: SegmentEnd = reader.judgeEnd()
    if (end.kind === 'damaged') return journalProblem(name, end.offset, end.what)
    if (nextNumber !== undefined) {
      const what = end.kind === 'clean' ? 'the segment ends' : 'the segment is damaged'
      const words = `${what} before frame ${reader.nextNumber}, and the next one begins with frame ${nextNumber}`
      return journalProblem(name, reader.offset, words)
    }
    if (end.kind === 'torn') this.#tail = { file: name, offset: reader.offset, bytes: end.bytes }
    if (reader.nextNumber === number) this.#emptySegment = name
    return undefined
  }

  #readFrame(frame: Frame, name: string, processorCount: number): JournalProblem | undefined {
    this.#visitor.frame(frame, name)
    const entries = new EntryReader(frame.payload, processorCount, this.#rowCount)
    const offsetOf = () => frame.offset + frameHeaderBytes + entries.entryAt
    for (let entry = entries.next(); entry !== undefined; entry = entries.next()) {
      const read = entry
      const problem = sense(name, offsetOf, () => this.#visitor.entry(read, frame, name, offsetOf()))
      if (problem !== undefined) return problem
      this.#entryCount += 1
      this.#rowCount = entries.rowCount
    }
    if (entries.problem === undefined) return undefined
    return journalProblem(name, offsetOf(), `frame ${frame.number} makes no sense: ${entries.problem}`)
  }

  #readHeader(
    file: FileReader,
    kind: FileKind,
    number: number,
  ): (FileHeader & { headerBytes: number }) | (JournalProblem & { torn: boolean }) {
    const reading = decodeHeader(file.read(0, headerBytesMax), kind)
    const problem = (what: string, todo: Parameters<typeof journalProblem>[3], torn = false) => ({
      ...journalProblem(file.name, 0, what, todo),
      torn,
    })
    if (!reading.ok) return problem(reading.what, reading.fault, reading.fault === 'damaged')
    const { header, headerBytes } = reading
    this.#journalId ??= header.journalId
    this.#processors ??= header.processors
    if (!sameBytes(this.#journalId, header.journalId))
      return problem('the file is of another journal', 'foreign')
    if (header.number !== number)
      return problem(`the file says of itself that it begins with frame ${header.number}`, 'foreign')
    if (this.#processors.join('\n') !== header.processors.join('\n')) {
      const [theirs, ours] = [header.processors, this.#processors].map(names => names.join(', '))
      return problem(`it was written for the processors ${theirs}, and they are ${ours} now`, 'processors')
    }
    return { ...header, headerBytes }
  }

  /** How long the header of a segment is, as far as that is known: a header alone can be torn. */
  #headerBytes(): number {
    if (this.#processors === undefined) return headerBytesMin - 1
    const journalId = this.#journalId ?? new Uint8Array(journalIdBytes)
    return encodeHeader({ kind: 'segment', journalId, number: 0, processors: this.#processors }).length
  }

  /** Files that are about to be removed are not read, but they have to be what their names say. */
  #checkDead(kind: FileKind, numbers: readonly number[]): JournalProblem | undefined {
    for (const number of numbers) {
      const file = this.#open(kind, kind === 'segment' ? segmentName(number) : snapshotName(number))
      const header = this.#readHeader(file, kind, number)
      if ('words' in header) return header
    }
    return undefined
  }

  #open(kind: FileKind, name: string): FileReader {
    this.#file = name
    const file = new FileReader(this.#disk, name)
    this.#visitor.file(kind, name, file.sizeBytes)
    return file
  }
}

function sense(name: string, offset: number | (() => number), run: () => void): JournalProblem | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error
    const at = typeof offset === 'number' ? offset : offset()
    return journalProblem(name, at, `the history makes no sense: ${error.message}`)
  }
}
