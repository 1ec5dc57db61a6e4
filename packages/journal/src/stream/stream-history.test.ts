import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { journalSeedOf } from '../format.ts'
import { FrameQueue } from '../frame-queue.ts'
import { options, recordsOf } from '../testing.ts'
import {
  checksumOfRecord,
  decodeEpochRecord,
  decodeFrameRecord,
  encodeEpochRecord,
  encodeFrameRecord,
} from './record-codec.ts'
import { readPieces, StreamHistory } from './stream-history.ts'

const journalId = new Uint8Array(16).fill(1)
const snapshot = {
  epoch: 3,
  attempt: 2,
  number: 70_000,
  fromSequence: 2 ** 40,
  checksumBefore: 0xffff_ffff,
  pieceCount: 9,
  sizeBytes: 2 ** 33,
}

const epochRecord = (epoch: number, id = journalId) => ({
  claimId: new Uint8Array(16).fill(epoch),
  snapshot: undefined,
  header: { journalId: id, processors: options.processors, epoch },
})

function frames(count: number, id = journalId): readonly Uint8Array[] {
  const queue = new FrameQueue(journalSeedOf(id), 2, 1)
  const prng = new Prng(5)
  return Array.from({ length: count }, () => {
    queue.append({ kind: 'accepted', acceptedAtMs: 1, records: recordsOf(prng, 2) })
    const bytes = queue.peek()?.bytes.slice()
    queue.shift()
    return bytes ?? new Uint8Array(0)
  })
}

/** The first problem of a history of these records. */
function problemOf(...records: readonly Uint8Array[]): string | undefined {
  const history = new StreamHistory(options.processors, { restore: () => {}, apply: () => {} })
  for (const [index, bytes] of records.entries()) {
    const words = history.apply({ sequence: index + 1, bytes })
    if (words !== undefined) return words
  }
  return undefined
}

const [first = new Uint8Array(0), second = new Uint8Array(0)] = frames(2)
const claim = encodeEpochRecord(epochRecord(1))
const one = encodeFrameRecord(first, 1, 0)
const two = encodeFrameRecord(second, 1, checksumOfRecord(one))

test('records are read as they were written', () => {
  for (const place of [undefined, snapshot]) {
    const record = { ...epochRecord(7), snapshot: place }
    expect(decodeEpochRecord(encodeEpochRecord(record))).toEqual(record)
  }
  expect(decodeFrameRecord(encodeFrameRecord(first, 7, 5))).toMatchObject({
    epoch: 7,
    checksumBefore: 5,
    frame: first,
  })
})

test('a bit that is turned over anywhere in a record is found', () => {
  for (const [records, at] of [
    [[claim], 0],
    [[claim, one], 1],
  ] as const) {
    const bytes = records[at] ?? claim
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(problemOf(...records.slice(0, at), changed)).toMatch(new RegExp(`^record ${at + 1}: `))
    }
    for (let length = 0; length < bytes.length; length += 1)
      expect(problemOf(...records.slice(0, at), bytes.slice(0, length))).toBeDefined()
  }
})

test('frames of the epoch that was claimed last, each behind the one before, are a history', () => {
  const later = encodeFrameRecord(second, 2, checksumOfRecord(one))
  expect(problemOf(claim, one, two)).toBeUndefined()
  expect(problemOf(claim, one, encodeEpochRecord(epochRecord(2)), later)).toBeUndefined()
})

test.each<[string, readonly Uint8Array[], RegExp]>([
  ['a frame before any claim', [one], /diverged.*epoch 1 in epoch 0/],
  [
    'a frame of an epoch that is over',
    [claim, one, encodeEpochRecord(epochRecord(2)), two],
    /diverged.*epoch 1 in epoch 2/,
  ],
  [
    'a frame of an epoch that nobody claimed',
    [claim, encodeFrameRecord(first, 2, 0)],
    /diverged.*epoch 2 in epoch 1/,
  ],
  ['a frame a second time', [claim, one, one], /diverged.*follows upon another/],
  [
    'a frame behind another one than it was written behind',
    [claim, one, encodeFrameRecord(second, 1, 77)],
    /follows upon another/,
  ],
  [
    'a frame with another number',
    [claim, encodeFrameRecord(second, 1, 0)],
    /diverged: frame 2 where frame 1 belongs/,
  ],
  [
    'a frame of another journal',
    [claim, encodeFrameRecord(frames(1, new Uint8Array(16).fill(9))[0] ?? first, 1, 0)],
    /diverged/,
  ],
  [
    'a claim of another journal',
    [claim, encodeEpochRecord(epochRecord(2, new Uint8Array(16)))],
    /another journal/,
  ],
  [
    'an earlier epoch',
    [encodeEpochRecord(epochRecord(4)), encodeEpochRecord(epochRecord(3))],
    /epoch 3 after epoch 4/,
  ],
])('%s halts the reader', (_, records, words) => {
  expect(problemOf(...records)).toMatch(words)
})

test('pieces that are not all there are no snapshot, and damaged ones are told', () => {
  const place = { ...snapshot, pieceCount: 1, sizeBytes: 80 }
  expect(readPieces([], place).kind).toBe('incomplete')
  expect(readPieces([new Uint8Array(79)], place).kind).toBe('incomplete')
  expect(readPieces([new Uint8Array(80)], place)).toMatchObject({ kind: 'damaged' })
})
