import type { Fact, LedgerImage } from '@rinha/payment'
import { type JournalDisk, refusalOf } from './disk.ts'
import { FileReader } from './file-reader.ts'
import {
  decodeHeader,
  encodeHeader,
  type FileHeader,
  type FileKind,
  frameHeaderBytes,
  type HeaderReading,
  headerBytesMax,
  headerBytesMin,
  numbersOf,
  sameBytes,
  segmentName,
  snapshotName,
} from './format.ts'
import { ImageReader } from './image-codec.ts'
import { ImageReaderV1 } from './image-codec-v1.ts'
import type { FoundLog } from './journal.ts'
import { journalIdBytes } from './limits.ts'
import { diskProblem, type JournalProblem, journalProblem } from './problem.ts'
import { nonsenseWords, readFacts } from './read-facts.ts'
import { Roster } from './roster.ts'
import { type Frame, SegmentReader } from './segment-reader.ts'
import { readSnapshot } from './snapshot-reader.ts'

/** Receives a history as it is read. An AssertionError from `restore` or `fact` means that the history is contradictory. */
export interface HistoryVisitor {
  file?(kind: FileKind, name: string, sizeBytes: number): void
  restore(image: LedgerImage): void
  frame?(frame: Frame): void
  /** `entryOffset`: where in the file the fact's entry begins. */
  fact(fact: Fact, frame: Frame, entryOffset: number): void
}

export interface SegmentFile {
  readonly name: string
  readonly firstFrame: number
  /** Without the bytes that are cut off. */
  readonly sizeBytes: number
}

/** The content of a journal, and the point from which a writer continues. */
export interface FoundJournal extends FoundLog {
  /** undefined: the directory is empty, and the journal begins now. */
  readonly journalId: Uint8Array | undefined
  /** Of the start that wrote last; 0 where none has said. */
  readonly epoch: number
  readonly snapshotFrame: number | undefined
  readonly snapshotBytes: number
  /** The segments with entries after the snapshot, oldest first. */
  readonly segments: readonly SegmentFile[]
  /** The bytes after the last frame: the rest of a write that a crash cut off. No part of it had been confirmed. */
  readonly cut: { readonly file: string; readonly offset: number; readonly bytes: number } | undefined
  /** The last segment, if it has no frame. The next segment will have the same name. */
  readonly emptySegment: string | undefined
}

/**
 * Reads a journal from its newest snapshot to its last frame, changing nothing.
 *
 * The files have to be a chain: a snapshot that says from which frame to go on (or none, and frame 1), a segment with
 * that frame, and each segment reaching to where the next one begins. What a segment has beyond that is superseded
 * where the same process wrote both, and damage where another one did; format.ts says why. A last segment without a
 * frame is as if it was not there. Older segments and snapshots are ignored, because they were about to be removed.
 *
 * Each method answers the first problem, or undefined. `found` is complete when none was.
 */
export class HistoryReader {
  readonly #disk: JournalDisk
  readonly #visitor: HistoryVisitor
  readonly #found: { -readonly [Key in keyof FoundJournal]: FoundJournal[Key] }
  readonly #roster: Roster
  /** Every name that a file has is one of the journal's, used or not. */
  readonly #takesAllNames: boolean
  #file = 'the directory'
  #longestHeaderBytes = headerBytesMin - 1

  /** Without `processors`, those that the files name. */
  constructor(disk: JournalDisk, processors: readonly string[] | undefined, visitor: HistoryVisitor) {
    this.#disk = disk
    this.#visitor = visitor
    this.#roster = new Roster(processors ?? [])
    this.#takesAllNames = processors === undefined
    if (processors !== undefined) {
      const header = {
        kind: 'segment',
        journalId: new Uint8Array(journalIdBytes),
        number: 0,
        processors,
      } as const
      this.#longestHeaderBytes = encodeHeader({ ...header, epoch: 0 }).length
    }
    this.#found = {
      journalId: undefined,
      processors: this.#roster.names,
      epoch: 0,
      nextFrame: 1,
      snapshotFrame: undefined,
      snapshotBytes: 0,
      paymentCount: 0,
      entryCount: 0,
      segments: [],
      cut: undefined,
      emptySegment: undefined,
    }
  }

  get found(): FoundJournal {
    return this.#found
  }

  read(): JournalProblem | undefined {
    let problem: JournalProblem | undefined
    const refusal = refusalOf(() => {
      const names = this.#disk.names()
      problem = this.#readSnapshots(numbersOf(names, 'snapshot'))
      problem ??= this.#readSegments(numbersOf(names, 'segment'))
    })
    return refusal === undefined ? problem : diskProblem(this.#file, refusal)
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
    Object.assign(this.#found, {
      snapshotFrame: number,
      snapshotBytes: file.sizeBytes,
      nextFrame: number,
      paymentCount: reader.paymentCount,
    })
    const image = this.#roster.translateImage(reader.image, header.processors)
    try {
      this.#visitor.restore(image)
    } catch (error) {
      return journalProblem(file.name, 0, nonsenseWords(error))
    }
    return this.#checkDead('snapshot', numbers.slice(0, -1))
  }

  #readSegments(numbers: readonly number[]): JournalProblem | undefined {
    const needed = this.#found.nextFrame
    if (numbers.length === 0) return undefined
    const start = numbers.findLastIndex(number => number <= needed)
    const first = numbers[Math.max(0, start)] ?? 0
    if (start < 0) {
      const words = `frames ${needed} to ${first - 1} are missing: the history goes on from frame ${needed}, and this is the first segment`
      return journalProblem(segmentName(first), 0, words)
    }
    const dead = this.#checkDead('segment', numbers.slice(0, start))
    if (dead !== undefined) return dead
    const live = numbers.slice(start)
    const empty = live.length > 1 && this.#isEmpty(live) ? live.pop() : undefined
    for (const [index, number] of live.entries()) {
      const isLast = index === live.length - 1
      const problem = this.#readSegment(number, isLast ? empty : live[index + 1], isLast, needed)
      if (problem !== undefined) return problem
    }
    const problem = empty === undefined ? undefined : this.#readEmpty(empty)
    if (problem !== undefined) return problem
    const { nextFrame } = this.#found
    if (nextFrame >= needed) return undefined
    const words = `the snapshot goes on from frame ${needed}, and the segments end before frame ${nextFrame}`
    return journalProblem(snapshotName(needed), 0, words)
  }

  /** Whether the last segment has no frame. Its header may be incomplete. */
  #isEmpty(numbers: readonly number[]): boolean {
    const number = numbers.at(-1) ?? 0
    const first = this.#peek(numbers[0] ?? 0)
    if (first.ok) this.#noteHeader(first)
    const file = new FileReader(this.#disk, segmentName(number))
    const reading = this.#peek(number)
    if (!reading.ok) return reading.fault === 'damaged' && this.#isTornHeader(file)
    const reader = new SegmentReader(file, reading.header.journalId, reading.headerBytes, number)
    return reader.next() === undefined && reader.judgeEnd().kind !== 'damaged'
  }

  #peek(number: number): HeaderReading {
    this.#file = segmentName(number)
    return decodeHeader(new FileReader(this.#disk, this.#file).read(0, headerBytesMax), 'segment')
  }

  #readEmpty(number: number): JournalProblem | undefined {
    const file = this.#open('segment', segmentName(number))
    const header = this.#readHeader(file, 'segment', number)
    if ('words' in header && !header.torn) return header
    const offset = 'words' in header ? 0 : header.headerBytes
    const bytes = file.sizeBytes - offset
    this.#found.emptySegment = file.name
    if (bytes > 0) this.#found.cut ??= { file: file.name, offset, bytes }
    return undefined
  }

  /**
   * Reads one segment, up to where the next one begins; a last one to its end, which is not before `nextNumber`. What
   * another process wrote past that is read too, so that it is seen, and is a problem.
   */
  #readSegment(
    number: number,
    nextNumber: number | undefined,
    isLast: boolean,
    needed: number,
  ): JournalProblem | undefined {
    const end = nextNumber ?? number
    const next = isLast ? undefined : this.#peek(end)
    const file = this.#open('segment', segmentName(number))
    const header = this.#readHeader(file, 'segment', number)
    if ('words' in header) {
      if (!isLast || !header.torn || !this.#isTornHeader(file)) return header
      const cut = { file: file.name, offset: 0, bytes: file.sizeBytes }
      Object.assign(this.#found, { nextFrame: number, emptySegment: file.name, cut })
      return undefined
    }
    const reader = new SegmentReader(file, header.journalId, header.headerBytes, number)
    const isForeign = next?.ok === true && next.header.epoch !== header.epoch
    let endOffset = file.sizeBytes
    while (isLast || isForeign || reader.nextNumber < end) {
      if (reader.nextNumber === end) endOffset = reader.offset
      const frame = reader.next()
      if (frame === undefined) break
      if (frame.number < needed) continue
      const problem = this.#readFrame(frame, header.processors)
      if (problem !== undefined) return problem
    }
    this.#found.nextFrame = reader.nextNumber
    if (isForeign && endOffset < file.sizeBytes) {
      const what = `start ${next.header.epoch} of a coordinator on this journal goes on from frame ${end} in ${segmentName(end)}, and start ${header.epoch} wrote on here: ${reader.nextNumber - end} whole frames, ${file.sizeBytes - endOffset} bytes`
      return journalProblem(file.name, endOffset, what, 'writers')
    }
    const isSuperseded = !isLast && reader.nextNumber >= end
    const problem = isSuperseded ? undefined : this.#judgeEnd(file.name, reader, end)
    if (problem !== undefined) return problem
    const sizeBytes = isSuperseded ? file.sizeBytes : reader.offset
    if (reader.nextNumber > Math.max(needed, number))
      this.#found.segments = [...this.#found.segments, { name: file.name, firstFrame: number, sizeBytes }]
    if (isLast && reader.nextNumber === number) this.#found.emptySegment = file.name
    return undefined
  }

  #judgeEnd(name: string, reader: SegmentReader, nextNumber: number): JournalProblem | undefined {
    const end = reader.judgeEnd()
    if (end.kind === 'damaged') return journalProblem(name, end.offset, end.what)
    if (reader.nextNumber < nextNumber) {
      const what = end.kind === 'clean' ? 'the segment ends' : 'the segment is damaged'
      const words = `${what} before frame ${reader.nextNumber}, and the next one begins with frame ${nextNumber}`
      return journalProblem(name, reader.offset, words)
    }
    if (end.kind === 'torn') this.#found.cut = { file: name, offset: reader.offset, bytes: end.bytes }
    return undefined
  }

  #readFrame(frame: Frame, processors: readonly string[]): JournalProblem | undefined {
    const found = this.#found
    this.#visitor.frame?.(frame)
    const payloadAt = frame.offset + frameHeaderBytes
    const fault = readFacts(frame.payload, processors, this.#roster, found, (fact, entryAt) =>
      this.#visitor.fact(fact, frame, payloadAt + entryAt),
    )
    return fault && journalProblem(frame.file, payloadAt + fault.at, `frame ${frame.number}: ${fault.what}`)
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
    const found = this.#found
    found.journalId ??= header.journalId
    found.epoch = Math.max(found.epoch, header.epoch)
    this.#noteHeader(reading)
    if (!sameBytes(found.journalId, header.journalId))
      return problem('the file is of another journal', 'foreign')
    if (header.number !== number)
      return problem(`the file says of itself that it begins with frame ${header.number}`, 'foreign')
    return { ...header, headerBytes }
  }

  #noteHeader({ header, headerBytes }: HeaderReading & { readonly ok: true }): void {
    this.#longestHeaderBytes = Math.max(this.#longestHeaderBytes, headerBytes)
    if (this.#takesAllNames) for (const name of header.processors) this.#roster.indexOf(name)
  }

  /** Whether a damaged header may be one that was never completely written. Then the file holds nothing else. */
  #isTornHeader(file: FileReader): boolean {
    if (file.sizeBytes > this.#longestHeaderBytes) return false
    const journalId = this.#found.journalId ?? file.read(16, journalIdBytes)
    return new SegmentReader(file, journalId, 0, 1).judgeEnd().kind !== 'damaged'
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
    this.#visitor.file?.(kind, name, file.sizeBytes)
    return file
  }
}

/** The visitor's AssertionError as a problem of the history. Any other error is a bug. */
