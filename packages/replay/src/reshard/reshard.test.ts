import type { ArchivedPayment } from '@rinha/archive'
import { MemoryArchive } from '@rinha/archive/memory'
import { Prng } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { paymentState, printCorrelationId, shardOf } from '@rinha/payment'
import { expect, test } from 'vitest'
import { reshard, type ShardSource } from './reshard.ts'
import { ShardLedger, type WholePayment } from './shard-ledger.ts'

const { queued, inFlight, settled, rejected, refused, discarded } = paymentState
const startMs = Date.UTC(2026, 2, 1, 12)
const paymentCount = 1200
const later = (run: () => void) => void Promise.resolve().then(run)
const names = [0, 1]

const add = (archive: MemoryArchive, payments: readonly ArchivedPayment[]) =>
  new Promise<void>(resolve => archive.add(payments, () => resolve()))

/** Payments in every state, with every way to it; those before the middle have left memory, but for what is open or rejected. */
async function history(seed: number): Promise<ShardSource> {
  const prng = new Prng(seed)
  const shard = new ShardLedger(0)
  const any = (count: number) => prng.integer(0, count - 1)
  for (let number = 0; number < paymentCount; number += 1) {
    const atMs = startMs + number * 100
    const [processor, other] = any(2) === 0 ? [0, 1] : [1, 0]
    const at = (each: number, ms: number) => ({ processor: each, requestedAtMs: atMs + ms })
    const ways: readonly Pick<
      WholePayment,
      'state' | 'processor' | 'requestedAtMs' | 'reason' | 'earlier'
    >[] = [
      { state: queued, processor: -1, requestedAtMs: 0, reason: '', earlier: [] },
      {
        state: queued,
        processor: -1,
        requestedAtMs: 0,
        reason: '',
        earlier: [at(processor, 1), at(other, 2)],
      },
      { state: refused, processor, requestedAtMs: 0, reason: '', earlier: [at(other, 1), at(processor, 2)] },
      { state: inFlight, ...at(processor, 3), reason: '', earlier: [at(other, 1), at(processor, 2)] },
      { state: rejected, processor: -1, requestedAtMs: 0, reason: `reason ${number % 5}`, earlier: [] },
      { state: discarded, processor: -1, requestedAtMs: 0, reason: 'given up', earlier: [] },
    ]
    const way = any(4) === 0 ? ways[any(ways.length)] : undefined
    const correlationId = Uint8Array.from({ length: 16 }, () => any(256))
    const done = { state: settled, ...at(processor, any(3000)), reason: '', earlier: [] }
    shard.take({ correlationId, amountCents: 1 + any(100_000), acceptedAtMs: atMs, ...(way ?? done) })
  }
  const { ledger } = shard
  const archive = new MemoryArchive(later)
  const [firstRow, archivedToMs] = [paymentCount / 2, startMs + paymentCount * 50]
  await add(
    archive,
    [...ledger.leaving(firstRow, archivedToMs)].map(row => archived(ledger, row)),
  )
  ledger.apply({ kind: 'retired', firstRow, archivedToMs })
  ledger.checkInvariants()
  return { ledger, archive, processors: names }
}

function archived(ledger: Ledger, row: number): ArchivedPayment {
  const isSettled = ledger.state(row) === settled
  return {
    correlationId: ledger.correlationId(row),
    amountCents: ledger.amountCents(row),
    acceptedAtMs: ledger.acceptedAtMs(row),
    state: isSettled ? 'settled' : 'discarded',
    processor: ledger.processor(row),
    requestedAtMs: ledger.requestedAtMs(row),
    reason: isSettled ? '' : ledger.rejectReason(row),
  }
}

async function divided(sources: readonly ShardSource[], count: number): Promise<readonly ShardSource[]> {
  const archives = Array.from({ length: count }, () => new MemoryArchive(later))
  const ledgers = await reshard(sources, count, {
    archive: (index, payments) => add(archives[index] as MemoryArchive, payments),
    onProgress: () => {},
  })
  return ledgers.map((ledger, index) => ({ ledger, archive: archives[index], processors: names }))
}

/** All that is known of each payment, by its id, and in which order those in memory would be sent. */
async function contentOf(sources: readonly ShardSource[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const put = (id: Uint8Array, where: number, words: unknown) => {
    expect(shardOf(id, sources.length)).toBe(where)
    expect(found.has(printCorrelationId(id))).toBe(false)
    found.set(printCorrelationId(id), JSON.stringify(words))
  }
  for (const [index, { ledger, archive }] of sources.entries()) {
    ledger.checkInvariants()
    const attempts = ledger.earlierAttempts()
    for (const row of ledger.rows()) {
      const state = ledger.state(row)
      const earlier = attempts
        .filter(each => each.row === row)
        .map(each => [each.processor, each.requestedAtMs])
      put(ledger.correlationId(row), index, [
        ...[state, ledger.amountCents(row), ledger.acceptedAtMs(row), ledger.processor(row)],
        ...[ledger.requestedAtMs(row), earlier, state === rejected && ledger.rejectReason(row)],
      ])
    }
    for (const list of [archive?.settled(0, 2 ** 47), archive?.discarded()])
      for await (const piece of list ?? [])
        for (const { correlationId, ...rest } of piece)
          put(correlationId, index, ['archived', ...Object.values(rest)])
  }
  return found
}

test('one shard becomes four, then two, then one: no payment changes, and neither does any sum', async () => {
  const before = [await history(7)]
  const content = await contentOf(before)
  const prng = new Prng(8)
  let sources: readonly ShardSource[] = before
  for (const count of [4, 2, 1]) {
    sources = await divided(sources, count)
    expect(await contentOf(sources)).toEqual(content)
    for (let turn = 0; turn < 200; turn += 1) {
      const fine = turn % 2
      const from = Math.floor((prng.unit() * paymentCount) / 10) * 1000 + fine * (paymentCount * 50 + 7)
      const [fromMs, toMs] = [
        startMs + from,
        startMs + from + Math.floor(prng.unit() * 60) * 1000 - 1 + fine * 3,
      ]
      expect(sumsOf(sources, fromMs, toMs)).toEqual(sumsOf(before, fromMs, toMs))
    }
    expect(sumsOf(sources, null, null)).toEqual(sumsOf(before, null, null))
  }
  expect([sources[0]?.ledger.count, sources[0]?.ledger.left.count]).toEqual([
    paymentCount,
    before[0]?.ledger.left.count,
  ])
})

function sumsOf(sources: readonly ShardSource[], fromMs: number | null, toMs: number | null) {
  const sums = names.map(() => ({ count: 0, amountCents: 0 }))
  for (const { ledger } of sources) {
    expect(ledger.cutEnd(fromMs, toMs)).toBeUndefined()
    for (const [index, sum] of sums.entries()) {
      const { count, amountCents } = ledger.summary(fromMs, toMs)[index] ?? sum
      sum.count += count
      sum.amountCents += amountCents
    }
  }
  return sums
}

test('a payment that is in the archive and still in the ledger is the ledger’s', async () => {
  const source = await history(9)
  const { ledger } = source
  const row = [...ledger.rows()].find(each => ledger.state(each) === settled) ?? 0
  await add(source.archive as MemoryArchive, [archived(ledger, row)])
  const total = (shards: readonly ShardSource[]) =>
    shards.reduce((sum, each) => sum + each.ledger.count + each.ledger.left.count, 0)
  const shards = await divided([source], 3)
  expect(total(shards)).toBe(total([source]))
})

test('processors are those of the result, whatever order each source has them in', async () => {
  const source = await history(10)
  const [swapped] = await divided([{ ...source, processors: [1, 0] }], 1)
  const totals = source.ledger.summary(null, null)
  expect(swapped?.ledger.summary(null, null).slice(0, 2)).toEqual([totals[1], totals[0]])
})
