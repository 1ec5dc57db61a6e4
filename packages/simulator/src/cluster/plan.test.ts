import { describe, expect, test } from 'vitest'
import { drawPlan, type Plan, partOf, planOfShard } from './plan.ts'

const plans = Array.from({ length: 2000 }, (_, seed) => drawPlan({ seed }))

test('a seed decides everything, and another seed something else', () => {
  expect(drawPlan({ seed: 7 })).toEqual(drawPlan({ seed: 7 }))
  const others = plans.map(({ seed, ...rest }) => JSON.stringify(rest))
  expect(new Set(others).size).toBe(plans.length)
})

test('a run with a given length or number of payments is otherwise the same run', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const plan = drawPlan({ seed })
    const told = drawPlan({ seed, minutes: 10, paymentCountMax: 50, crashes: true })
    const { calmMs, faultMs, paymentCountMax, crashes, ...rest } = plan
    expect(told).toMatchObject(rest)
    expect([told.calmMs + told.faultMs, told.paymentCountMax, told.crashes]).toEqual([600_000, 50, true])
    expect([paymentCountMax, crashes]).toEqual([Number.POSITIVE_INFINITY, false])
  }
})

test('a run takes half a minute or so, of which the calm is at most half', () => {
  for (const { calmMs, faultMs, calmLate } of plans) {
    expect(calmMs + faultMs).toBeGreaterThanOrEqual(25_000)
    expect(calmMs + faultMs).toBeLessThanOrEqual(75_000)
    if (!calmLate) expect(calmMs).toBeLessThanOrEqual(faultMs)
  }
})

test('a calm that shows a property has a policy with that property, and the processors for it', () => {
  const calm = plans.filter(({ calmMs }) => calmMs > 0)
  expect(calm.length).toBeGreaterThan(plans.length / 4)
  for (const plan of calm) {
    if (plan.calmLate || plan.calmNoise !== 'none') {
      expect(plan).toMatchObject({ policy: 'patient', noisy: true, inFlightCountMax: 700 })
      continue
    }
    expect(plan.auditGuardMs).toBe(0)
    expect(plan.rememberedCountMax).toBe(1_000_000)
    expect(plan.policy).toBe(plan.calmOutage ? 'patient' : 'default-first')
    if (plan.calmOutage) expect(plan.processorCount).toBeGreaterThanOrEqual(2)
    else expect(plan.calmMute || plan.calmDelayMs > 0).toBe(true)
  }
  for (const { calmMs, calmDelayMs, calmOutage, calmMute, calmNoise, calmLate } of plans)
    if (calmMs === 0)
      expect([calmDelayMs, calmOutage, calmMute, calmNoise, calmLate]).toEqual([
        0,
        false,
        false,
        'none',
        false,
      ])
})

test('healed processors are quick enough for every attempt, and payments have the time to settle', () => {
  for (const plan of plans) {
    expect(plan.healedDelayMs).toBeLessThan(plan.attemptTimeoutMs)
    expect(plan.calmDelayMs).toBeLessThan(plan.attemptTimeoutMs)
    expect(plan.settleMsMax).toBeGreaterThan(plan.attemptTimeoutMs + 30_000 - 1)
    expect(plan.inFlightCountInitial).toBeLessThanOrEqual(plan.inFlightCountMax)
    expect(plan.nodeCount).toBeLessThanOrEqual(plan.nodeCountMax)
    expect(plan.reconnectMsMin).toBeLessThanOrEqual(plan.reconnectMsMax)
  }
})

describe('every case is met', () => {
  const values = (of: (plan: Plan) => unknown) => new Set(plans.map(of))
  test.each<[string, (plan: Plan) => unknown, readonly unknown[]]>([
    ['one, two and three processors', plan => plan.processorCount, [1, 2, 3]],
    ['one, two and three nodes', plan => plan.nodeCount, [1, 2, 3]],
    ['with a journal and without', plan => plan.journal, [true, false]],
    ['noise in the calm, at one and at all', plan => plan.calmNoise, ['none', 'first', 'all']],
    ['spells of noise, and none', plan => plan.noisy, [true, false]],
    ['processors that are all past the guard', plan => plan.calmLate, [true, false]],
    ['nobody who operates, and a busy one', plan => plan.operateEveryMs, [Number.POSITIVE_INFINITY, 1000]],
    ['a purge and none', plan => plan.purges, [true, false]],
    ['no guard, and those of both schedules', plan => plan.auditGuardMs, [0, 1500, 2000]],
    ['no node dies, and many', plan => plan.nodeDeathCount, [0, 10]],
    ['nobody hostile, and a crowd', plan => plan.hostileEveryMs, [Number.POSITIVE_INFINITY, 1000]],
    ['a table that fills', plan => plan.rememberedCountMax, [300]],
    ['a window of five', plan => plan.windowCountMax, [5]],
    ['a sound disk, and one that is often broken', plan => plan.diskTroubleChance, [0, 0.4]],
    ['a second coordinator on the disk, seen and not', plan => plan.intruder, ['none', 'seen', 'unseen']],
    ['look-ups that lag, and none that do', plan => plan.lookUpLagMsMax, [0, 1000, 4000]],
    ['crashes with the power on, off, and either', plan => plan.powerCutChance, [0, 0.5, 1]],
  ])('%s', (_, of, expected) => {
    const met = values(of)
    expect(expected.filter(value => !met.has(value))).toEqual([])
  })
})

test('a disk is lost in some runs with crashes, where nothing else makes a coordinator with a journal forget', () => {
  const losing = plans.map(({ seed }) => drawPlan({ seed, crashes: true })).filter(plan => plan.losesDisk)
  expect(losing.length).toBeGreaterThan(50)
  for (const { journal, intruder, purges, retainMs } of losing)
    expect([journal, intruder, purges, retainMs]).toEqual([true, 'none', false, 0])
  expect(plans.some(plan => plan.losesDisk)).toBe(false)
  const others = losing.flatMap(({ seed }) => [
    drawPlan({ seed, crashes: true, shardCount: 3 }),
    drawPlan({ seed, crashes: true, isReplicated: true }),
  ])
  expect(others.some(plan => plan.losesDisk)).toBe(false)
})

test('shards divide the limits that are for all together, and a run with shards is otherwise the same', () => {
  for (const plan of plans.slice(0, 200)) {
    const { seed } = plan
    const { shard, severEveryMs, ...rest } = drawPlan({ seed, shardCount: 3 })
    expect([shard, severEveryMs < 10_000]).toEqual([{ index: 0, count: 3 }, true])
    const changed = ['shard', 'severEveryMs', 'clockErrorMsMax']
    for (const key of Object.keys(rest) as (keyof typeof rest)[])
      if (!changed.includes(key)) expect(rest[key]).toEqual(plan[key])
    const parts = [0, 1, 2].map(index => planOfShard({ ...plan, shard }, index))
    expect(parts.map(part => part.shard.index)).toEqual([0, 1, 2])
    for (const limit of ['bufferCountMax', 'inFlightCountMax', 'inFlightCountInitial'] as const) {
      const sum = parts.reduce((total, part) => total + part[limit], 0)
      expect(sum > plan[limit] - 3 && sum <= plan[limit]).toBe(true)
    }
    expect(planOfShard(plan, 0)).toEqual(plan)
  }
  expect(partOf(2, { index: 0, count: 4 })).toBe(1)
})
