import { Ledger } from '@rinha/ledger'
import { movedMark, onlyShard, printShard, shardMark, unfinishedMark } from '@rinha/payment'
import { expect, test } from 'vitest'
import { otherShard } from './shard-mark.ts'
import { records } from './testing.ts'

const newLedger = () => new Ledger({ processorCount: 2, paymentCountMax: 10, hashSeed: 1 })

function marked(text: string): Ledger {
  const ledger = newLedger()
  ledger.apply({ kind: 'noted', topic: 'shard', text })
  ledger.apply({ kind: 'purged' })
  const next = newLedger()
  next.restore(ledger.image())
  return next
}

test('a new history may become any shard, and one that is marked is that shard’s, also after a purge', () => {
  expect(otherShard(newLedger(), { index: 1, count: 4 })).toBeUndefined()
  expect(otherShard(marked('1/4'), { index: 1, count: 4 })).toBeUndefined()
  for (const shard of [{ index: 0, count: 4 }, { index: 1, count: 2 }, onlyShard])
    expect(otherShard(marked('1/4'), shard)).toMatch(/^it holds shard 1 of 4, and this is shard . of SHARDS=/)
})

test('a history that is not finished, or was moved away, is nobody’s', () => {
  const shard = { index: 1, count: 4 }
  expect(otherShard(marked(unfinishedMark), shard)).toMatch(/reshard, which did not finish/)
  expect(otherShard(marked(movedMark('log:b')), shard)).toMatch(/has moved its payments to log:b/)
  expect(otherShard(marked(printShard(onlyShard)), onlyShard)).toBeUndefined()
})

test('a history without a mark has all payments', () => {
  const ledger = newLedger()
  ledger.apply({ kind: 'accepted', acceptedAtMs: 1, records: records(1) })
  expect([shardMark(onlyShard), otherShard(ledger, onlyShard)]).toEqual([undefined, undefined])
  expect(otherShard(ledger, { index: 0, count: 2 })).toMatch(/^it holds shard 0 of 1/)
})
