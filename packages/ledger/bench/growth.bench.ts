import process from 'node:process'
import { Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes } from '@rinha/payment'
import { bench, type Row, type Work } from '@rinha/testing/bench'

const [batchCount, operationCount] = [4, 5000]
const [epochMs, msPerPayment, windowMs, overtakenMs] = [1_754_774_396_000, 3.3, 13_500, 5000]

/** Random ids, a record each. */
function recordsOf(count: number, seed: number): Uint8Array {
  const prng = new Prng(seed)
  const records = new Uint8Array(count * paymentRecordBytes)
  const view = new DataView(records.buffer)
  for (let at = 0; at < records.length; at += paymentRecordBytes) {
    for (let word = 0; word < 16; word += 4) view.setUint32(at + word, prng.uint32())
    view.setUint32(at + 20, 1990)
  }
  return records
}

function insertInto(ledger: Ledger, records: Uint8Array): void {
  for (let at = 0; at < records.length; at += batchCount * paymentRecordBytes) {
    const batch = records.subarray(at, at + batchCount * paymentRecordBytes)
    for (let index = 0; index < batchCount; index += 1)
      if (ledger.find(batch, index * paymentRecordBytes) !== -1) throw new Error('an id came twice')
    ledger.apply({ kind: 'accepted', acceptedAtMs: epochMs, records: batch })
  }
}

/** Sent and settled at 300 a second; answers overtake each other by up to five seconds, as with the official schedules' delays. */
function settle(ledger: Ledger, from: number, to: number, prng: Prng): void {
  for (let row = from; row < to; row += 1) {
    const requestedAtMs = epochMs + Math.floor(row * msPerPayment) - prng.integer(0, overtakenMs)
    const processor = row & 1
    ledger.apply({ kind: 'sent', row, processor, requestedAtMs })
    ledger.apply({ kind: 'settled', row, processor, requestedAtMs })
  }
}

/** Holds what the runs add to a large ledger. */
const roomCount = 2_000_000

function usedBytes(): number {
  // Twice: buffers are freed after the collection that finds their views unused.
  globalThis.gc?.()
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

/** Builds a whole ledger from nothing, because a run that adds to a small one would mostly measure the adding. */
function fill(records: Uint8Array, count: number): Work {
  return {
    name: 'find, then apply accepted',
    operationCount: count,
    prepare: () => {
      const ledger = new Ledger({ processorCount: 2, paymentCountMax: count, hashSeed: 42 })
      return () => insertInto(ledger, records)
    },
  }
}

function insertBehind(ledger: Ledger, prng: Prng): Work {
  let seed = 3
  return {
    name: 'find, then apply accepted',
    operationCount,
    prepare: () => {
      // The payments that the run before has added are settled by now, as they would be in a process.
      settle(ledger, ledger.count - ledger.openCount, ledger.count, prng)
      seed += 1
      const more = recordsOf(operationCount, seed)
      return () => insertInto(ledger, more)
    },
  }
}

function rowsAt(count: number, words: string): readonly Row[] {
  const records = recordsOf(count, 1)
  const bytesBefore = usedBytes()
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: count + roomCount, hashSeed: 42 })
  insertInto(ledger, records)
  const prng = new Prng(2)
  settle(ledger, 0, count, prng)
  const bytes = (usedBytes() - bytesBefore) / count
  const insert = count <= 100_000 ? fill(records, count) : insertBehind(ledger, prng)
  const find: Work = {
    name: 'find',
    operationCount,
    prepare: () => {
      const offsets = Uint32Array.from(
        { length: operationCount },
        () => prng.integer(0, count - 1) * paymentRecordBytes,
      )
      return () => {
        for (const offset of offsets)
          if (ledger.find(records, offset) < 0) throw new Error('an id is missing')
      }
    },
  }
  const summary: Work = {
    name: 'summary of 13.5 s',
    operationCount,
    prepare: () => {
      const froms = Array.from({ length: operationCount }, () =>
        prng.integer(0, Math.floor(count * msPerPayment)),
      )
      return () => {
        let counted = 0
        for (const from of froms)
          counted += ledger.summary(epochMs + from, epochMs + from + windowMs)[0]?.count ?? 0
        return counted
      }
    },
  }
  const held = { heldCount: count, bytes, ...(count >= 1_000_000 && { targetBytes: 64 }) }
  const table = mapOf(count)
  return [
    { name: `insert, ${words} held`, subject: insert, primitive: table, targetUs: 0.5, ...held },
    { name: `look-up, ${words} held`, subject: find, primitive: table, heldCount: count },
    {
      name: `range summary, ${words} held`,
      subject: summary,
      primitive: search(count),
      targetUs: 20,
      heldCount: count,
    },
  ]
}

/** A plain Map with that many rows, for comparison. */
function mapOf(count: number): Work {
  const map = new Map<number, number>()
  for (let key = 0; key < count; key += 1) map.set(key, key)
  const prng = new Prng(9)
  return {
    name: 'two gets of a Map of as many',
    operationCount,
    prepare: () => {
      const keys = Uint32Array.from({ length: operationCount * 2 }, () => prng.integer(0, count - 1))
      return () => {
        let sum = 0
        for (const key of keys) sum += map.get(key) ?? 0
        return sum
      }
    },
  }
}

/** The least that finds a window: where it begins and where it ends, in a sorted array. */
function search(count: number): Work {
  const times = Float64Array.from({ length: count }, (_, index) => index * msPerPayment)
  const prng = new Prng(10)
  const rank = (time: number) => {
    let [low, high] = [0, count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((times[middle] ?? 0) < time) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    name: 'four binary searches in as many numbers',
    operationCount,
    prepare: () => () => {
      let sum = 0
      for (let index = 0; index < operationCount * 2; index += 1) {
        const from = prng.integer(0, Math.floor(count * msPerPayment))
        sum += rank(from + windowMs) - rank(from)
      }
      return sum
    },
  }
}

await bench({
  question: 'What does a payment cost the ledger, in time and in memory, as it grows?',
  notMeasured: 'the journal, the engine, a machine whose caches others use',
  rows: isShort => [
    ...rowsAt(10_000, '10 k'),
    ...(isShort
      ? rowsAt(100_000, '100 k')
      : [...rowsAt(100_000, '100 k'), ...rowsAt(1_000_000, '1 M'), ...rowsAt(5_000_000, '5 M')]),
  ],
})
