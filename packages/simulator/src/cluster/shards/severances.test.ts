import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import type { Network } from '../network.ts'
import type { SimNode } from '../node.ts'
import { Facts } from '../testing.ts'
import { Severances } from './severances.ts'

/** Two nodes and three shards, and the ways that are cut now. */
function severing(severEveryMs = 500) {
  const facts = new Facts({ shard: { index: 0, count: 3 }, severEveryMs, candidateCount: 0 })
  const cut = new Set<string>()
  const seen = new Set<string>()
  const network = {
    sever: (caller: string, shard: number) => {
      cut.add(`${caller} ${shard}`)
      seen.add(`${caller} ${shard}`)
    },
    join: (caller: string, shard: number) => cut.delete(`${caller} ${shard}`),
  } as unknown as Network
  const nodes = [{ name: 'api1' }, { name: 'api2' }] as unknown as readonly SimNode[]
  const severances = new Severances({ ...facts, network, nodes }, new Prng(1))
  severances.begin()
  const pass = (ms: number) => facts.world.runUntil(facts.world.nowMs + ms)
  return { facts, severances, cut, seen, pass }
}

test('every way from a node to a shard, and between shard 0 and another, is cut sooner or later', () => {
  const { facts, pass, seen } = severing()
  pass(120_000)
  const nodeWays = ['api1', 'api2'].flatMap(node => [0, 1, 2].map(shard => `${node} ${shard}`))
  const shardWays = ['shard-0 1', 'shard-0 2', 'shard-1.0 0', 'shard-2.0 0']
  expect([...seen].sort()).toEqual([...nodeWays, ...shardWays].sort())
  const { faults } = facts.tally
  expect(faults['node cut off from a shard']).toBeGreaterThan(20)
  expect(faults['shard cut off from shard 0']).toBeGreaterThan(20)
})

test('a way is whole again after some seconds, and all are once everything heals', () => {
  const { cut, facts, pass, severances } = severing(20_000)
  while (cut.size === 0) pass(10)
  pass(6001)
  expect(cut.size).toBe(0)
  const other = severing()
  other.pass(5000)
  expect(other.cut.size).toBeGreaterThan(0)
  other.severances.heal()
  expect(other.cut.size).toBe(0)
  other.pass(20_000)
  expect(other.cut.size).toBe(0)
  severances.heal()
  expect(facts.world.nowMs).toBeGreaterThan(0)
})

test('some runs have no such cuts', () => {
  const { pass, seen } = severing(Number.POSITIVE_INFINITY)
  pass(120_000)
  expect(seen.size).toBe(0)
})
