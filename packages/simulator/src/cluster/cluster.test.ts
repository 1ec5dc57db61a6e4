import { describe, expect, test } from 'vitest'
import { runCluster } from './cluster.ts'
import { drawPlan, type Plan } from './plan.ts'
import { addTally, emptyTally } from './tally.ts'

/** Short runs: the gate plays hundreds of long ones. */
const short = { minutes: 0.2 }

test('the same seed is the same run, to the bit', () => {
  const [first, again] = [
    runCluster(drawPlan({ seed: 7, ...short })),
    runCluster(drawPlan({ seed: 7, ...short })),
  ]
  expect(again.traceHash).toBe(first.traceHash)
  expect(again.tally).toEqual(first.tally)
})

test('different seeds are different runs', () => {
  const hashes = [1, 2, 3, 4].map(seed => runCluster(drawPlan({ seed, ...short })).traceHash)
  expect(new Set(hashes).size).toBe(4)
})

test.each([1, 2, 3])('with %i processors everything is settled and nothing is violated', processorCount => {
  const plan: Plan = {
    ...drawPlan({ seed: 50 + processorCount, ...short }),
    processorCount,
    calmOutage: false,
  }
  const { violation, tally, settledAfterMs } = runCluster(plan)
  expect(violation).toBeUndefined()
  expect(tally.settled).toBeGreaterThan(20)
  expect(settledAfterMs).toBeLessThanOrEqual(plan.settleMsMax)
})

test('payments that the coordinator had when it crashed or stopped are excused, and all others are settled', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const reports = seeds.map(seed => runCluster(drawPlan({ seed, crashes: true, minutes: 0.4 })))
  expect(reports.map(({ violation }) => violation)).toEqual(reports.map(() => undefined))
  const tally = emptyTally()
  for (const report of reports) addTally(tally, report.tally)
  expect(tally.faults.crash).toBeGreaterThan(2)
  expect(tally.faults['stop in order']).toBeGreaterThan(2)
})

test('a coordinator that dies soon after the disk was lost is followed by one that looks up what may have been sent, too', () => {
  const reports = [4, 5, 6, 17].map(seed => {
    const plan = drawPlan({ seed, crashes: true, minutes: 0.4 })
    const calm = {
      calmMs: 0,
      calmOutage: false,
      calmMute: false,
      calmLate: false,
      calmNoise: 'none',
    } as const
    const fixed = { journal: true, intruder: 'none', retainMs: 0, purges: false, processorCount: 2 } as const
    return runCluster({
      ...plan,
      ...calm,
      ...fixed,
      losesDisk: true,
      attemptTimeoutMs: 1500,
      lookUpLagMsMax: 1000,
    })
  })
  expect(reports.map(({ violation }) => violation)).toEqual(reports.map(() => undefined))
  expect(Math.min(...reports.map(({ tally }) => tally.faults.crash))).toBeGreaterThan(1)
})

test('with several coordinators nothing is violated, and the same seed is the same run', () => {
  const seeds = [1, 2, 3, 4, 5, 6]
  const play = (seed: number) => runCluster(drawPlan({ seed, isReplicated: true, minutes: 0.4 }))
  const reports = seeds.map(play)
  expect(reports.map(({ violation }) => violation)).toEqual(reports.map(() => undefined))
  expect(play(1).traceHash).toBe(reports[0]?.traceHash)
  const tally = emptyTally()
  for (const report of reports) addTally(tally, report.tally)
  expect(tally.faults.takeover).toBeGreaterThan(10)
  expect(tally.settled).toBeGreaterThan(1000)
})

test('no payments come after their limit is reached', () => {
  const { tally } = runCluster(drawPlan({ seed: 3, paymentCountMax: 10, ...short }))
  expect(tally.payments).toBeGreaterThanOrEqual(10)
  // A burst that begins before the limit is posted whole.
  expect(tally.payments).toBeLessThan(45)
})

describe('a run with faults everywhere', () => {
  const plan: Plan = {
    ...drawPlan({ seed: 11, minutes: 1 }),
    calmMs: 0,
    calmOutage: false,
    storminess: 1,
    faultChanceMax: 0.9,
    purges: true,
  }
  const { violation, tally } = runCluster(plan)

  test('has every fault that it should have, and no violation', () => {
    expect(violation).toBeUndefined()
    const { faults } = tally
    expect(faults['connection cut']).toBeGreaterThan(0)
    expect(faults['client timed out']).toBeGreaterThan(0)
    expect(faults.purge).toBe(1)
  })

  test('sends unacknowledged payments again, so that duplicates come', () => {
    expect(tally.connections).toBeGreaterThan(plan.nodeCount)
    expect(tally.resends).toBeGreaterThan(0)
    expect(tally.duplicates).toBeGreaterThan(0)
  })
})

describe('runs in which API nodes die and strangers call', () => {
  const reports = [21, 22, 23, 24].map(seed =>
    runCluster({
      ...drawPlan({ seed, minutes: 0.5 }),
      nodeCount: 2,
      calmMs: 0,
      calmOutage: false,
      faultMs: 30_000,
      storminess: 0.9,
      nodeDeathCount: 10,
      hostileEveryMs: 500,
      impostorChance: 0.2,
    }),
  )
  const tally = emptyTally()
  for (const report of reports) addTally(tally, report.tally)
  const { faults } = tally

  test('have no violation', () => {
    expect(reports.map(({ violation }) => violation)).toEqual(reports.map(() => undefined))
    expect(faults['hostile connection']).toBeGreaterThan(100)
  })

  test('lose only payments in the buffers of nodes that died', () => {
    expect(faults['API node died']).toBeGreaterThan(15)
    const exposedCount = faults['payment in the buffer of a node that died']
    expect(exposedCount).toBeGreaterThan(0)
    expect(faults['payment lost with its node']).toBeLessThanOrEqual(exposedCount)
    expect(tally.settled).toBeGreaterThan(exposedCount)
  })

  test('send posts on to the other node', () => {
    expect(faults['post sent on to another node']).toBeGreaterThan(0)
  })
})

test.each([
  ['', {}],
  [' that crash', { crashes: true }],
  [' with replicated logs', { isReplicated: true }],
])(
  'with several shards%s nothing is violated, sums are final, and the same seed is the same run',
  (_, kind) => {
    const play = (seed: number) => runCluster(drawPlan({ seed, shardCount: 3, minutes: 0.4, ...kind }))
    const reports = [2, 7, 14].map(play)
    expect(reports.map(({ violation }) => violation)).toEqual(reports.map(() => undefined))
    const tally = emptyTally()
    for (const report of reports) addTally(tally, report.tally)
    expect(tally.finalSums).toBeGreaterThan(10)
    expect(tally.faults['node cut off from a shard']).toBeGreaterThan(2)
    expect(tally.faults['shard cut off from shard 0']).toBeGreaterThan(2)
    expect(play(2).traceHash).toBe(reports[0]?.traceHash)
  },
)
