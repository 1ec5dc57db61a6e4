import { Prng } from '@rinha/base'
import { beforeAll, expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { numbersOf, segmentName, snapshotName } from './format.ts'
import { HistoryReader } from './history.ts'
import { recoverJournal } from './recover.ts'
import type { SimulatedDisk } from './simulated/simulated-disk.ts'
import { Replay, TestJournal } from './testing.ts'
import { verifyJournal } from './verify.ts'

/*
 * The checks of each damage to a journal whose every entry is known. Recovery may refuse. Then its problem names an
 * existing file, and it has changed nothing. Otherwise it replays a prefix of the true history, entry by entry, and
 *   1. the prefix holds at least every entry in frames before the damage (`countMin`; for most kinds that is all of them);
 *   2. where it is shorter than the history, the cut is reported. But for the one damage that leaves no trace: the last
 *      segment ends with a whole frame (or its header, or is gone) where there once were more (`isTraceless`).
 */
interface Damage {
  readonly countMin: number
  readonly isTraceless?: boolean
}

interface FramePlace {
  readonly file: string
  readonly offset: number
  readonly end: number
  /** The number of entries up to the end of this frame, including those in the snapshot. */
  readonly count: number
}

/** A journal to be damaged, and its true history. */
class Patient {
  readonly tested: TestJournal
  readonly frames: FramePlace[] = []
  readonly segments: readonly string[]
  readonly snapshots: readonly string[]
  readonly total: number

  constructor(tested: TestJournal) {
    this.tested = tested
    const names = tested.disk.names()
    this.segments = numbersOf(names, 'segment').map(segmentName)
    this.snapshots = numbersOf(names, 'snapshot').map(snapshotName)
    this.total = tested.history.length
    let count = tested.snapshots.get(numbersOf(names, 'snapshot')[0] ?? 0)?.count ?? 0
    let place: { file: string; offset: number; end: number } | undefined
    const finish = () => {
      if (place !== undefined) this.frames.push({ ...place, count })
    }
    const reader = new HistoryReader(tested.disk, undefined, {
      restore: () => {},
      frame: frame => {
        finish()
        place = { file: frame.file, offset: frame.offset, end: frame.offset + 24 + frame.payload.length }
      },
      fact: () => {
        count += 1
      },
    })
    expect(reader.read()).toBeUndefined()
    finish()
    expect(count).toBe(this.total)
  }

  get last(): string {
    return this.segments.at(-1) ?? ''
  }

  /** Entries in frames that end at or before a place. In a snapshot, all: it is whole or refused. */
  countBefore(file: string, offset: number): number {
    if (this.snapshots.includes(file)) return this.total
    const before = this.frames.filter(
      frame => frame.file < file || (frame.file === file && frame.end <= offset),
    )
    const base = (this.frames[0]?.count ?? 0) - this.firstFrameCount
    return before.at(-1)?.count ?? base
  }

  get firstFrameCount(): number {
    const first = this.frames[0]?.count ?? 0
    const names = this.tested.disk.names()
    return first - (this.tested.snapshots.get(numbersOf(names, 'snapshot')[0] ?? 0)?.count ?? 0)
  }

  isFrameEnd(file: string, offset: number): boolean {
    const ofFile = this.frames.filter(frame => frame.file === file)
    return ofFile.some(frame => frame.end === offset) || ofFile[0]?.offset === offset
  }
}

function grow(tested: TestJournal, turnCount: number): void {
  for (let turn = 0; turn < turnCount; turn += 1) tested.turn()
}

function makePatient(kind: 'plain' | 'snapshot' | 'failed'): Patient {
  const tested = new TestJournal(kind.length, { segmentBytesMax: 1500, retryMs: 2 })
  grow(tested, 40)
  if (kind === 'snapshot') tested.snapshot()
  if (kind === 'failed') {
    tested.disk.trouble = 'broken'
    grow(tested, 3)
    tested.disk.trouble = undefined
  }
  grow(tested, 30)
  tested.time.run(500)
  // A segment that has just begun has no frame, so none can be cut.
  for (let patient = new Patient(tested); ; patient = new Patient(tested)) {
    if (patient.frames.some(frame => frame.file === patient.last)) return patient
    grow(tested, 1)
    tested.time.run(500)
  }
}

const patients: Patient[] = []
let stranger: Patient
beforeAll(() => {
  for (const kind of ['plain', 'snapshot', 'failed'] as const) patients.push(makePatient(kind))
  const tested = new TestJournal(77, { journalId: new Uint8Array(16).fill(9), segmentBytesMax: 1500 })
  grow(tested, 40)
  tested.time.run(500)
  stranger = new Patient(tested)
})

type Harm = (disk: SimulatedDisk, patient: Patient, prng: Prng) => Damage | undefined

const harms: Readonly<Record<string, Harm>> = {
  'one bit is turned over': (disk, patient, prng) => {
    const file = prng.pick(disk.names())
    const bit = prng.integer(0, disk.sizeBytes(file) * 8 - 1)
    disk.flipBit(file, bit)
    // Only the last frame can be taken for torn.
    const before = patient.countBefore(file, Math.floor(bit / 8))
    return { countMin: Math.max(before, patient.frames.at(-2)?.count ?? 0) }
  },
  'some bits are turned over': (disk, patient, prng) => {
    const file = prng.pick(disk.names())
    let first = disk.sizeBytes(file)
    const bits = new Set(
      Array.from({ length: prng.integer(2, 12) }, () => prng.integer(0, disk.sizeBytes(file) * 8 - 1)),
    )
    for (const bit of bits) {
      disk.flipBit(file, bit)
      first = Math.min(first, Math.floor(bit / 8))
    }
    return { countMin: patient.countBefore(file, first) }
  },
  'a file is cut off': (disk, patient, prng) => {
    const file = prng.pick(disk.names())
    const at = prng.integer(0, disk.sizeBytes(file) - 1)
    disk.truncate(file, at)
    return { countMin: patient.countBefore(file, at), isTraceless: patient.isFrameEnd(file, at) }
  },
  'the last segment is cut off at the end of a frame': (disk, patient, prng) => {
    const { file, end } = prng.pick(patient.frames.filter(frame => frame.file === patient.last))
    disk.truncate(file, end)
    return { countMin: patient.countBefore(file, end), isTraceless: true }
  },
  'sectors are zeros': (disk, patient, prng) => {
    const file = prng.pick(disk.names())
    const bytes = disk.bytesOf(file)
    const from = prng.integer(0, Math.floor((bytes.length - 1) / 512)) * 512
    bytes.fill(0, from, from + 512 * prng.integer(1, 2))
    disk.put(file, bytes)
    return { countMin: patient.countBefore(file, from) }
  },
  'a sector is garbage': (disk, patient, prng) => {
    const file = prng.pick(disk.names())
    const bytes = disk.bytesOf(file)
    const from = prng.integer(0, Math.floor((bytes.length - 1) / 512)) * 512
    for (let at = from; at < Math.min(from + 512, bytes.length); at += 1) bytes[at] = prng.uint32()
    disk.put(file, bytes)
    return { countMin: patient.countBefore(file, from) }
  },
  'a frame is there twice': (disk, patient, prng) => {
    const frame = prng.pick(patient.frames)
    const copy = disk.bytesOf(frame.file).subarray(frame.offset, frame.end)
    const where = prng.chance(0.5)
      ? { file: patient.last, end: disk.sizeBytes(patient.last) }
      : prng.pick(patient.frames)
    const bytes = disk.bytesOf(where.file)
    disk.put(where.file, joined(bytes.subarray(0, where.end), copy, bytes.subarray(where.end)))
    return { countMin: patient.total }
  },
  'a frame is gone': (disk, patient, prng) => {
    const frame = prng.pick(patient.frames)
    const bytes = disk.bytesOf(frame.file)
    disk.put(frame.file, joined(bytes.subarray(0, frame.offset), bytes.subarray(frame.end)))
    const isLast = frame === patient.frames.at(-1)
    return { countMin: patient.countBefore(frame.file, frame.offset), isTraceless: isLast }
  },
  'two frames have changed places': (disk, patient, prng) => {
    const [a, b] = [prng.pick(patient.frames), prng.pick(patient.frames)].sort((x, y) => x.offset - y.offset)
    if (a === undefined || b === undefined || a === b || a.file !== b.file) return undefined
    const bytes = disk.bytesOf(a.file)
    const part = (from: number, to?: number) => bytes.subarray(from, to)
    disk.put(
      a.file,
      joined(
        part(0, a.offset),
        part(b.offset, b.end),
        part(a.end, b.offset),
        part(a.offset, a.end),
        part(b.end),
      ),
    )
    return { countMin: patient.total }
  },
  'two segments have changed places': (disk, patient, prng) => {
    const [a, b] = [prng.pick(patient.segments), prng.pick(patient.segments)]
    if (a === b) return undefined
    const [aBytes, bBytes] = [disk.bytesOf(a), disk.bytesOf(b)]
    disk.put(a, bBytes)
    disk.put(b, aBytes)
    return { countMin: patient.total }
  },
  'a file is gone': (disk, patient, prng) => {
    const file = prng.pick(disk.names())
    disk.remove(file)
    return { countMin: patient.countBefore(file, 0), isTraceless: file === patient.last }
  },
  'a segment has another number': (disk, patient, prng) => {
    const file = prng.pick(patient.segments)
    const number = prng.integer(1, 400)
    if (disk.names().includes(segmentName(number))) return undefined
    disk.rename(file, segmentName(number))
    return { countMin: patient.total }
  },
  'a segment is of another journal': (disk, patient, prng) => {
    const file = prng.pick(patient.segments)
    disk.put(file, stranger.tested.disk.bytesOf(prng.pick(stranger.segments)))
    return { countMin: patient.total }
  },
  'a segment of another journal lies there too': (disk, patient, prng) => {
    const file = prng.pick(stranger.segments)
    if (disk.names().includes(file)) return undefined
    disk.put(file, stranger.tested.disk.bytesOf(file))
    return { countMin: patient.total }
  },
  'a frame of another journal stands at the end': (disk, patient, prng) => {
    const frame = prng.pick(stranger.frames)
    const bytes = stranger.tested.disk.bytesOf(frame.file).subarray(frame.offset, frame.end)
    disk.put(patient.last, joined(disk.bytesOf(patient.last), bytes))
    return { countMin: patient.total }
  },
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

const contents = (disk: SimulatedDisk) =>
  [...disk.names()].sort().map(name => `${name} ${disk.sizeBytes(name)} ${crc32c(disk.bytesOf(name))}`)

type Verdict = 'refused' | 'cut' | 'whole' | 'traceless'

function judge(disk: SimulatedDisk, patient: Patient, { countMin, isTraceless }: Damage): Verdict {
  const files = contents(disk)
  const verified = verifyJournal(disk)
  expect(contents(disk)).toEqual(files)
  const result = recoverJournal(
    disk,
    { processors: ['default', 'fallback'], segmentBytesMax: 1500 },
    new Replay(),
  )
  if (!result.ok) {
    expect(disk.names()).toContain(result.error.file)
    expect(result.error.offset).toBeLessThanOrEqual(disk.sizeBytes(result.error.file))
    expect(result.error.words.length).toBeGreaterThan(40)
    expect(contents(disk)).toEqual(files)
    expect(verified.problem).toBeDefined()
    return 'refused'
  }
  // A second recovery of the recovered journal must give the same.
  const { count } = patient.tested.recover(disk, countMin)
  expect(result.value.snapshotFrame === undefined ? result.value.entryCount : count).toBe(count)
  if (count === patient.total) return result.value.cut === undefined ? 'whole' : 'cut'
  if (result.value.cut !== undefined) return 'cut'
  expect(isTraceless).toBe(true)
  return 'traceless'
}

const perHarm = 700
const totals: Record<Verdict, number> = { refused: 0, cut: 0, whole: 0, traceless: 0 }

// This takes seconds, more on a busy machine, all of it CPU time.
test.each(Object.entries(harms))(
  '%s: refused, or a true prefix that is told',
  { timeout: 120_000 },
  (_, harm) => {
    const prng = new Prng(5)
    const verdicts: Record<Verdict, number> = { refused: 0, cut: 0, whole: 0, traceless: 0 }
    for (let round = 0; round < perHarm; round += 1) {
      const patient = prng.pick(patients)
      const disk = patient.tested.disk.copy()
      const damage = harm(disk, patient, prng)
      if (damage === undefined) round -= 1
      else verdicts[judge(disk, patient, damage)] += 1
    }
    expect(verdicts.refused + verdicts.cut + verdicts.traceless).toBeGreaterThan(0.5 * perHarm)
    for (const verdict of ['refused', 'cut', 'whole', 'traceless'] as const)
      totals[verdict] += verdicts[verdict]
  },
)

test('the tests before tried more than ten thousand damages, and nearly all were refused', () => {
  const { refused, cut, whole, traceless } = totals
  expect(refused + cut + whole + traceless).toBeGreaterThanOrEqual(10_000)
  expect(refused).toBeGreaterThan(8000)
  expect(cut).toBeGreaterThan(500)
  expect(traceless).toBeLessThan(1000)
})
