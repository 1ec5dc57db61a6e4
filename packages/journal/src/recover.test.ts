import { AssertionError, Prng } from '@rinha/base'
import type { PaymentColumns } from '@rinha/payment'
import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { DiskProblem } from './disk.ts'
import { dumpJournal } from './dump.ts'
import { encodeHeader, numbersOf, segmentName, snapshotName, viewOf } from './format.ts'
import type { JournalProblem } from './problem.ts'
import { recoverJournal } from './recover.ts'
import type { SimulatedDisk } from './simulated/simulated-disk.ts'
import { options, Replay, recordsOf, TestJournal } from './testing.ts'
import { verifyJournal } from './verify.ts'

/** Writes a journal of some segments, with a snapshot if `withSnapshot`. Returns the segments' numbers. */
function make(withSnapshot = false) {
  const tested = new TestJournal(9, { segmentBytesMax: 700 })
  for (let turn = 0; turn < 20; turn += 1) tested.turn()
  if (withSnapshot) tested.snapshot()
  for (let turn = 0; turn < 20; turn += 1) tested.turn()
  tested.time.run(500)
  const segments = numbersOf(tested.disk.names(), 'segment')
  const [first = 0, second = 0] = segments
  return { tested, disk: tested.disk, segments, first, second, last: segments.at(-1) ?? 0 }
}

function firstRows(piece: PaymentColumns, count: number): PaymentColumns {
  const fields = Object.entries(piece).map(([name, field]) => [
    name,
    typeof field === 'number' ? count : field.slice(0, name === 'ids' ? count * 16 : count),
  ])
  return Object.fromEntries(fields) as PaymentColumns
}

function problemOf(disk: SimulatedDisk): JournalProblem {
  const result = recoverJournal(disk, options, new Replay())
  if (result.ok) throw new Error('it was recovered')
  return result.error
}

const headerBytes = encodeHeader({
  kind: 'segment',
  journalId: new Uint8Array(16),
  number: 1,
  processors: options.processors,
  epoch: 1,
}).length

test('an empty directory is a new journal', () => {
  const { disk } = new TestJournal(1)
  const result = recoverJournal(disk, options, new Replay())
  const value = { journalId: undefined, nextFrame: 1, entryCount: 0, paymentCount: 0, cut: undefined }
  expect(result).toMatchObject({ ok: true, value })
})

test('recovery says where the writer goes on', () => {
  const { tested, disk, last } = make()
  const { found } = tested.recover(disk)
  expect(found).toMatchObject({
    journalId: new Uint8Array(16).fill(7),
    nextFrame: tested.journal.status.nextFrame,
    entryCount: tested.history.length,
    paymentCount: tested.ledger.count,
    cut: undefined,
  })
  expect(found.segments.at(-1)?.firstFrame).toBe(last)
  expect(found.segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(disk.usedBytes)
})

test('each misplaced or foreign file is refused in its own words', () => {
  const words = (change: (made: ReturnType<typeof make>) => void, withSnapshot = false) => {
    const made = make(withSnapshot)
    change(made)
    const { file, words: said } = problemOf(made.disk)
    expect(made.disk.names()).toContain(file)
    return said
  }
  expect(words(({ disk, first }) => disk.remove(segmentName(first)))).toMatch(/^frames 1 to \d+ are missing/)
  expect(words(({ disk, second }) => disk.remove(segmentName(second)))).toMatch(
    /^the segment ends before frame \d+, and the next one begins with frame \d+\..*Restore/,
  )
  expect(words(({ disk, first }) => disk.truncate(segmentName(first), 300))).toMatch(
    /^the segment is damaged before frame/,
  )
  expect(
    words(({ disk, first, second }) => disk.put(segmentName(second), disk.bytesOf(segmentName(first)))),
  ).toMatch(/^the file says of itself that it begins with frame 1/)
  expect(
    words(({ disk, last }) => {
      const header = { kind: 'segment', number: last + 9, processors: options.processors, epoch: 1 } as const
      disk.put(segmentName(last + 9), encodeHeader({ ...header, journalId: new Uint8Array(16) }))
    }),
  ).toMatch(/^the segment ends before frame|^the file is of another journal/)
  expect(
    words(({ disk, last }) => {
      const header = { kind: 'segment', number: last, processors: options.processors, epoch: 1 } as const
      disk.put(segmentName(last), encodeHeader({ ...header, journalId: new Uint8Array(16) }))
    }),
  ).toMatch(/^the file is of another journal.*Take the file out/)
  expect(
    words(
      ({ disk, last }) =>
        disk.put(segmentName(last), disk.bytesOf(snapshotName(numbersOf(disk.names(), 'snapshot')[0] ?? 0))),
      true,
    ),
  ).toMatch(/^the file is no segment/)
  expect(
    words(({ disk, last }) => {
      const bytes = disk.bytesOf(segmentName(last))
      viewOf(bytes).setUint32(8, 3, true)
      viewOf(bytes).setUint32(headerBytes - 4, crc32c(bytes, 0, 0, headerBytes - 4), true)
      disk.put(segmentName(last), bytes)
    }),
  ).toMatch(/^the file has format version 3; this program reads versions 1 to 2.*the program that wrote it/)
  expect(words(({ disk, last }) => disk.flipBit(segmentName(last), 8 * 20))).toMatch(/^the header is damaged/)
  expect(words(({ disk, first }) => disk.flipBit(segmentName(first), 8 * 150))).toMatch(
    /^frame \d is damaged|^the segment is damaged/,
  )
  const snapshotOf = (disk: SimulatedDisk) => snapshotName(numbersOf(disk.names(), 'snapshot')[0] ?? 0)
  expect(words(({ disk }) => disk.flipBit(snapshotOf(disk), 8 * 300), true)).toMatch(
    /^the snapshot is damaged/,
  )
  expect(words(({ disk }) => disk.truncate(snapshotOf(disk), 300), true)).toMatch(/^the snapshot is cut off/)
  expect(words(({ disk }) => disk.remove(snapshotOf(disk)), true)).toMatch(/^frames 1 to \d+ are missing/)
  expect(
    words(
      ({ disk }) => disk.put(snapshotOf(disk), Uint8Array.from([...disk.bytesOf(snapshotOf(disk)), 0])),
      true,
    ),
  ).toMatch(/^there are bytes after the end of the snapshot/)
})

test('a snapshot that is newer than the last segment is refused', () => {
  const { tested, disk } = make(true)
  const later = disk.copy()
  // The snapshot is of a later state than the segments.
  const early = make().disk
  const name = snapshotName(numbersOf(later.names(), 'snapshot')[0] ?? 0)
  for (const each of numbersOf(early.names(), 'segment').slice(2)) early.remove(segmentName(each))
  early.put(name, later.bytesOf(name))
  expect(tested.history.length).toBeGreaterThan(0)
  expect(problemOf(early).words).toMatch(
    /^the snapshot goes on from frame \d+, and the segments end before frame/,
  )
})

test('chunks of a snapshot that have changed places are refused', () => {
  const tested = new TestJournal(3)
  tested.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(tested.prng, 50) })
  // Twice the same piece would be damage as well: its two halves are chunks of the same kind and length.
  const { columns, reasons, earlier } = tested.ledger.image()
  tested.snapshot({
    columns: columns.flatMap(piece => [firstRows(piece, 25), firstRows(piece, 25)]),
    reasons,
    earlier,
  })
  tested.time.run(500)
  const name = snapshotName(numbersOf(tested.disk.names(), 'snapshot')[0] ?? 0)
  const bytes = tested.disk.bytesOf(name)
  const at = headerBytes + 16 + viewOf(bytes).getUint32(headerBytes + 8, true)
  const chunkBytes = 16 + viewOf(bytes).getUint32(at + 8, true)
  const [first, second] = [0, 1].map(index =>
    bytes.slice(at + index * chunkBytes, at + (index + 1) * chunkBytes),
  )
  bytes.set(second ?? [], at)
  bytes.set(first ?? [], at + chunkBytes)
  tested.disk.put(name, bytes)
  expect(problemOf(tested.disk)).toMatchObject({
    offset: at,
    words: expect.stringMatching(/a checksum does not match/),
  })
})

test('a damaged frame with a whole header, and the beginning of a write behind it, is damage', () => {
  const { disk, last } = make()
  const name = segmentName(last)
  const size = disk.sizeBytes(name)
  const lastFrame = verifyJournal(disk).nextFrame - 1
  disk.flipBit(name, 8 * (size - 1))
  expect(verifyJournal(disk)).toMatchObject({ problem: undefined, cut: { file: name } })
  disk.put(name, Uint8Array.from([...disk.bytesOf(name), 82, 70, 65]))
  expect(problemOf(disk).words).toContain(
    `frame ${lastFrame} is damaged, and something was written behind it`,
  )
})

test('a frame that is repeated at the end, and a frame after a damaged one, are refused', () => {
  const { disk, last } = make()
  const name = segmentName(last)
  const bytes = disk.bytesOf(name)
  const frameBytes = 24 + viewOf(bytes).getUint32(headerBytes + 4, true)
  const frame = bytes.subarray(headerBytes, headerBytes + frameBytes)
  disk.put(name, Uint8Array.from([...bytes, ...frame]))
  expect(problemOf(disk)).toMatchObject({
    file: name,
    offset: bytes.length,
    words: expect.stringMatching(/is there a second time/),
  })
  disk.put(name, bytes)
  disk.flipBit(name, 8 * (headerBytes + 2))
  expect(problemOf(disk)).toMatchObject({
    file: name,
    offset: headerBytes,
    words: expect.stringMatching(/was written behind it/),
  })
})

test('more garbage than one write leaves is no torn tail', () => {
  const { disk, last, tested } = make()
  const name = segmentName(last)
  const bytes = disk.bytesOf(name)
  const withGarbage = (count: number) => {
    const longer = new Uint8Array(bytes.length + count)
    longer.set(bytes)
    disk.put(name, longer)
  }
  withGarbage(1024 * 1024 + 25)
  expect(problemOf(disk).words).toMatch(/more than a write that was cut off leaves/)
  withGarbage(1024 * 1024 + 24)
  expect(tested.recover(disk).found.cut).toEqual({
    file: name,
    offset: bytes.length,
    bytes: 1024 * 1024 + 24,
  })
  expect(disk.sizeBytes(name)).toBe(bytes.length)
})

test('an entry that the sink refuses is a problem that names the entry; another error is a bug and is thrown on', () => {
  const { disk } = make()
  let count = 0
  const refuse = (error: Error) => () => {
    count += 1
    if (count === 5) throw error
  }
  const found = recoverJournal(disk, options, {
    restore: () => {},
    apply: refuse(new AssertionError('settles once')),
  })
  expect(found).toMatchObject({
    ok: false,
    error: { words: expect.stringMatching(/no sense: settles once/) },
  })
  if (!found.ok) expect(found.error.offset).toBeGreaterThan(headerBytes + 23)
  count = 0
  expect(() =>
    recoverJournal(disk, options, { restore: () => {}, apply: refuse(new RangeError('bug')) }),
  ).toThrow(RangeError)
})

test('a disk that cannot be read is a problem that names the file', () => {
  const { disk, second } = make()
  const read = disk.read.bind(disk)
  disk.read = (name, offset, count) => {
    if (name === segmentName(second)) throw new DiskProblem('EIO', 'bad sector')
    return read(name, offset, count)
  }
  expect(problemOf(disk)).toMatchObject({
    file: segmentName(second),
    words: expect.stringMatching(/EIO: bad sector/),
  })
})

test('old files that a crash left are removed', () => {
  const { tested, disk } = make(true)
  const before = disk.copy()
  const number = numbersOf(disk.names(), 'snapshot')[0] ?? 0
  const old = make().disk
  for (const each of numbersOf(old.names(), 'segment'))
    if (each < number) before.put(segmentName(each), old.bytesOf(segmentName(each)))
  before.put('snapshot-0000000000000099.tmp', new Uint8Array(5))
  const { count } = tested.recover(before)
  expect(count).toBe(tested.history.length)
  // A last segment without a frame is removed, too.
  const tidy = disk.copy()
  tested.recover(tidy)
  expect([...before.names()].sort()).toEqual([...tidy.names()].sort())
})

test('verify counts the entries up to the damage, and changes nothing', () => {
  const { tested, disk, second } = make(true)
  const report = verifyJournal(disk)
  expect(report).toMatchObject({ problem: undefined, cut: undefined, processors: options.processors })
  expect([report.nextFrame, report.paymentCount]).toEqual([
    tested.journal.status.nextFrame,
    tested.ledger.count,
  ])
  const payments = report.files.reduce((sum, { paymentCount }) => sum + paymentCount, 0)
  expect(payments).toBe(tested.ledger.count)
  const name = segmentName(second)
  disk.flipBit(name, 8 * (disk.sizeBytes(name) - 1))
  const damaged = verifyJournal(disk)
  expect(damaged.problem?.file).toBe(name)
  expect(damaged.files.at(-1)).toMatchObject({ name, kind: 'segment' })
  expect(damaged.files.length).toBeLessThan(report.files.length)
  expect(damaged.files[1]).toEqual(report.files[1])
})

test('dump tells every entry with its correlationId, up to the damage', () => {
  const tested = new TestJournal(4)
  const prng = new Prng(9)
  const records = new Uint8Array(48).map(() => prng.integer(0, 255))
  viewOf(records).setBigUint64(16, 1990n)
  viewOf(records).setBigUint64(40, 5n)
  tested.append({ kind: 'accepted', acceptedAtMs: 1000, records })
  tested.append({ kind: 'sent', row: 1, processor: 1, requestedAtMs: 2000 })
  tested.time.run(100)
  tested.append({ kind: 'settled', row: 1, processor: 1, requestedAtMs: 2000 })
  tested.append({ kind: 'rejected', row: 0, reason: 'no\nway' })
  tested.append({ kind: 'released', row: 0 })
  tested.append({ kind: 'sent', row: 0, processor: 1, requestedAtMs: 3000 })
  tested.append({ kind: 'confirmed', row: 0, processor: 1, requestedAtMs: 3001 })
  tested.time.run(100)
  expect(verifyJournal(tested.disk).files[0]?.entryCounts).toMatchObject({
    released: 1,
    confirmed: 1,
    settled: 1,
  })
  const lines: string[] = []
  expect(dumpJournal(tested.disk, line => lines.push(line))).toBeUndefined()
  const uuid = (at: number) =>
    [...records.subarray(at, at + 16)]
      .map(byte => byte.toString(16).padStart(2, '0'))
      .join('')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const place = (offset: number, frame: number) => `${segmentName(1)} @${offset} frame ${frame}`
  expect(lines).toEqual([
    `${segmentName(1)}, ${tested.disk.sizeBytes(segmentName(1))} bytes`,
    `${place(headerBytes + 24, 1)} accepted row 0 ${uuid(0)} 19.90 at 1970-01-01T00:00:01.000Z`,
    `${place(headerBytes + 24, 1)} accepted row 1 ${uuid(24)} 0.05 at 1970-01-01T00:00:01.000Z`,
    `${place(headerBytes + 24 + 61, 1)} sent row 1 ${uuid(24)} to fallback, requestedAt 1970-01-01T00:00:02.000Z`,
    expect.stringMatching(`frame 2 settled row 1 ${uuid(24)} at fallback`),
    expect.stringContaining(`frame 2 rejected row 0 ${uuid(0)}: ${JSON.stringify('no\nway')}`),
    expect.stringContaining(`frame 2 released row 0 ${uuid(0)}`),
    expect.stringContaining(`frame 2 sent row 0 ${uuid(0)} to fallback`),
    expect.stringContaining(
      `frame 2 confirmed row 0 ${uuid(0)} at fallback, requestedAt 1970-01-01T00:00:03.001Z`,
    ),
  ])
  tested.snapshot()
  tested.append()
  tested.time.run(100)
  const told: string[] = []
  tested.disk.flipBit(segmentName(3), 3)
  expect(dumpJournal(tested.disk, line => told.push(line))?.file).toBe(segmentName(3))
  expect(told.some(line => line.includes('holds 2 payments, 0 of them open, 0 rejected'))).toBe(true)
})
