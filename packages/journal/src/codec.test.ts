import { type Fact, instantMsMax, noteTopics, paymentRecordBytes, reasonLengthMax } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EntryReader } from './entry-codec.ts'
import {
  decodeHeader,
  encodeHeader,
  frameHeaderBytes,
  headerBytesMax,
  journalSeedOf,
  numbersOf,
  readFrameHeader,
  segmentName,
  snapshotName,
  viewOf,
} from './format.ts'
import { FrameQueue } from './frame-queue.ts'
import { formatVersion } from './limits.ts'

const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
const amountCents = fc.integer({ min: 1, max: 1_000_000_000 })
const rowCount = 2 ** 47
const row = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 }),
  fc.integer({ min: 2 ** 32 - 2, max: 2 ** 32 + 2 }),
  fc.integer({ min: 0, max: rowCount - 1 }),
)
const processor = fc.integer({ min: 0, max: 1 })
const requestedAtMs = fc.integer({ min: 1, max: instantMsMax })
const acceptedAtMs = fc.oneof(requestedAtMs, fc.double({ min: 0, max: 2 ** 41, noNaN: true }).map(Math.abs))
const reason = fc
  .string({ unit: 'binary', maxLength: reasonLengthMax })
  .filter(text => text.length <= reasonLengthMax)
const records = fc.array(fc.tuple(id, amountCents), { minLength: 1, maxLength: 20 }).map(payments => {
  const bytes = new Uint8Array(payments.length * paymentRecordBytes)
  for (const [index, [payment, cents]] of payments.entries()) {
    bytes.set(payment, index * paymentRecordBytes)
    viewOf(bytes).setUint32(index * paymentRecordBytes + 20, cents)
  }
  return bytes
})

const entry: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ kind: fc.constant('accepted' as const), acceptedAtMs, records }),
  fc.record({ kind: fc.constant('sent' as const), row, processor, requestedAtMs }),
  fc.record({ kind: fc.constant('settled' as const), row, processor, requestedAtMs }),
  fc.record({
    kind: fc.constant('requeued' as const),
    row,
    doubt: fc.constantFrom('none' as const, 'refused' as const),
  }),
  fc.record({ kind: fc.constant('rejected' as const), row, reason }),
  fc.record({ kind: fc.constant('confirmed' as const), row, processor, requestedAtMs }),
  fc.record({ kind: fc.constant('released' as const), row }),
  fc.record({ kind: fc.constant('discarded' as const), row }),
  fc.record({
    kind: fc.constant('retired' as const),
    firstRow: row,
    archivedToMs: fc.nat(2 ** 31).map(second => second * 1000),
  }),
  fc.record({ kind: fc.constant('polled' as const), processor }),
  fc.record({
    kind: fc.constant('noted' as const),
    topic: fc.constantFrom(...noteTopics),
    text: fc.string({ unit: 'binary', maxLength: 5000 }),
  }),
  fc.constant({ kind: 'purged' as const }),
)

const seed = journalSeedOf(new Uint8Array(16).fill(3))

/** The facts of every frame in the queue. Enough payments are accepted first for all rows that the facts name. */
function readBack(queue: FrameQueue): Fact[] {
  const entries: Fact[] = []
  for (let frame = queue.peek(); frame !== undefined; frame = queue.peek()) {
    const header = readFrameHeader(frame.bytes, 0, seed)
    expect([header?.number, header?.payloadBytes]).toEqual([
      frame.number,
      frame.bytes.length - frameHeaderBytes,
    ])
    const reader = new EntryReader(frame.bytes.slice(frameHeaderBytes), 2, rowCount)
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      entries.push(next)
      reader.rowCount = rowCount
    }
    expect(reader.problem).toBeUndefined()
    queue.shift()
  }
  return entries
}

test('entries are read back unchanged', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60, size: 'max' }), entries => {
      const queue = new FrameQueue(seed, 2, 7)
      for (const each of entries) queue.append(each)
      expect(readBack(queue)).toEqual(entries)
      expect(queue.pendingBytes).toBe(0)
    }),
  )
})

test('reading a payload of any bytes ends with a problem, or with entries within their limits', () => {
  const kinds = fc.tuple(
    fc.constantFrom(...Array.from({ length: 26 }, (_, index) => (index < 13 ? index : 115 + index))),
    fc.uint8Array({ maxLength: 60 }),
  )
  fc.assert(
    fc.property(kinds, ([kind, rest]) => {
      const payload = Uint8Array.from([kind, ...rest])
      const reader = new EntryReader(payload, 2, 5)
      let count = 0
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        count += 1
        // Entries that were read can be written.
        new FrameQueue(seed, 2, 1).append(next)
        if ('row' in next) expect(next.row).toBeLessThan(reader.rowCount + (next.kind === 'rejected' ? 0 : 1))
      }
      expect(count).toBeLessThanOrEqual(payload.length)
      expect(reader.entryAt).toBeLessThan(payload.length)
    }),
    { numRuns: 3000 },
  )
})

test.each([
  [[2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240, 63], 'row 5, and only 5'],
  [[2, 4, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 240, 63], 'processor 2 of 2'],
  [[4, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 224, 63], 'requestedAt of 0.5'],
  [[3, 4, 0, 0, 0, 2], 'unknown doubt 2'],
  [[5, 4, 0, 0, 0, 1, 0, 255], 'reason that is no text'],
  [[5, 4, 0, 0, 0, 2, 0, 65], 'longer than its frame'],
  [[6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240, 63], 'row 0, and only 0'],
  [[11], 'longer than its frame'],
  [[11, 2], 'processor 2 of 2'],
  [[12], 'longer than its frame'],
  [[12, 9, 0, 0, 0, 0], 'a note that is no text of a topic'],
  [[12, 0, 1, 0, 0, 0, 255], 'a note that is no text of a topic'],
  [[13], 'unknown kind 13'],
  [[139, ...new Uint8Array(16)], 'unknown kind 139'],
  [[129], 'unknown kind 129'],
  [[138, ...new Uint8Array(16)], 'unknown kind 138'],
  [[136, 0, 0, 0, 0, 0, 0, 20, 64], 'row 5, and only 5'],
  [[136, 0, 0, 0, 0, 0, 0, 224, 63], 'row 0.5, and only 5'],
  [[136, 4, 0, 0, 0], 'longer than its frame'],
  [[10, 0, 0, 0, 0, 0, 0, 24, 64, ...new Uint8Array(8)], 'row 6, and only 6'],
  [[10, ...new Uint8Array(14), 240, 63], 'no whole second'],
  [[9, 5, 0, 0, 0], 'row 5, and only 5'],
  [[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'entry of 0 accepted'],
  [[1, 0, 0, 0, 0, 0, 0, 248, 127, 1, 0, 0, 0, ...new Uint8Array(24)], 'no instant'],
  [[1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, ...new Uint8Array(24)], 'amountCents of payment 0 is not from 1'],
])('the payload %j is refused: %s', (payload, words) => {
  const reader = new EntryReader(Uint8Array.from(payload), 2, 5)
  while (reader.next() !== undefined);
  expect(reader.problem).toContain(words)
})

test('a header is read back, and a flip of any of its bits is noticed', () => {
  const header = {
    kind: 'segment',
    journalId: new Uint8Array(16).fill(3),
    number: 12,
    processors: ['default', 'zürich'],
    epoch: 7,
  } as const
  const bytes = encodeHeader(header)
  const read = { ...header, version: formatVersion }
  expect(decodeHeader(bytes, 'segment')).toEqual({ ok: true, header: read, headerBytes: bytes.length })
  expect(decodeHeader(Uint8Array.from([...bytes, 1, 2, 3]), 'segment').ok).toBe(true)
  expect(decodeHeader(bytes, 'snapshot')).toMatchObject({ ok: false, fault: 'foreign' })
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(decodeHeader(damaged, 'segment')).toMatchObject({ ok: false, fault: 'damaged' })
  }
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeHeader(bytes.subarray(0, length), 'segment').ok).toBe(false)
  expect(bytes.length).toBeLessThan(headerBytesMax)
})

test('files are known by their names, in the order of their numbers', () => {
  const names = [
    segmentName(30),
    'lock',
    segmentName(4),
    snapshotName(5),
    'segment-7.log',
    'segment-0000000000000009.log~',
  ]
  expect(numbersOf(names, 'segment')).toEqual([4, 30])
  expect(numbersOf(names, 'snapshot')).toEqual([5])
})
