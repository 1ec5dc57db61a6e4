import { expect, test } from 'vitest'
import { type Choice, createPolicy, type LaneView, type PolicyName, type TrafficView } from './policy.ts'

const fees = [500, 1500, 2000]
const up = { working: true, usable: true, fast: true, predictedMs: 5 }
const slow = { working: true, usable: true, fast: false, predictedMs: 900 }
/** Past the audit guard, or stalled. */
const late = { working: true, usable: false, fast: false, predictedMs: 3000 }
const down = { working: false, usable: false, fast: true, predictedMs: 5 }

type Lane = Omit<LaneView, 'feeBps'>
type Row = readonly [string, readonly Lane[], Partial<TrafficView>, Choice]

const calm: TrafficView = {
  oldestAgeMs: 0,
  stopped: false,
  acceptedCount: 2000,
  noticeMs: 150,
  perSecondAtEnd: 2000,
}
const to = (lane: number, ageMsMin = 0): Choice => ({
  lane,
  ageMsMin,
  keepCount: ageMsMin === 0 ? 0 : 20_000,
})

function choose(name: PolicyName, lanes: readonly Lane[], traffic: Partial<TrafficView>): Choice {
  const views = lanes.map((lane, index) => ({ ...lane, feeBps: fees[index] ?? 0 }))
  return createPolicy(name)(views, { ...calm, ...traffic })
}

const defaultFirst: readonly Row[] = [
  ['both fine: the cheapest', [up, up], {}, to(0)],
  ['the cheapest is down: the next', [down, up], {}, to(1)],
  ['the cheapest is slow: the next, which is fast', [slow, up], {}, to(1)],
  ['the cheapest is slow and the next is down: the cheapest, slow as it is', [slow, down], {}, to(0)],
  ['both slow: the cheapest', [slow, slow], {}, to(0)],
  ['the cheapest is down and the next slow: hold', [down, slow], { oldestAgeMs: 999 }, undefined],
  ['… and after a second the next all the same', [down, slow], { oldestAgeMs: 1000 }, to(1)],
  ['… or when payments have stopped', [down, slow], { stopped: true }, to(1)],
  ['both down: hold, however long', [down, down], { oldestAgeMs: 60_000 }, undefined],
  ['one processor alone, up', [up], {}, to(0)],
  ['one processor alone, down', [down], { oldestAgeMs: 5000 }, undefined],
  ['of three, the cheapest that is fast', [down, slow, up], {}, to(2)],
]

test.each(defaultFirst)('default-first: %s', (_, lanes, traffic, choice) => {
  expect(choose('default-first', lanes, traffic)).toEqual(choice)
})

const patient: readonly Row[] = [
  ['the cheapest is usable: it, however slow', [slow, up], {}, to(0)],
  [
    'the cheapest is down: the next, after 15 s for each percent of the fees between',
    [down, up],
    {},
    to(1, 150_000),
  ],
  ['the cheapest is late: the next, after half a second for each percent', [late, up], {}, to(1, 5000)],
  ['payments have stopped: the next, almost at once', [down, up], { stopped: true }, to(1, 150)],
  ['none is usable and one works: it, but only as a last resort', [late, down], {}, to(0, 20_000)],
  ['… at once when payments have stopped', [down, late], { stopped: true }, to(1)],
  ['none works: hold', [down, down], { stopped: true, oldestAgeMs: 1e6 }, undefined],
  ['of three, the cheapest that is usable, by the fees between', [down, late, up], {}, to(2, 225_000)],
]

test.each(patient)('patient: %s', (_, lanes, traffic, choice) => {
  expect(choose('patient', lanes, traffic)).toEqual(choice)
})

test('the baselines: always-cheapest waits for the first, cheapest-working for none', () => {
  expect(choose('always-cheapest', [down, up], { stopped: true })).toBeUndefined()
  expect(choose('always-cheapest', [late, up], {})).toEqual(to(0))
  expect(choose('cheapest-working', [down, slow], {})).toEqual(to(1))
  expect(choose('cheapest-working', [late, down], {})).toEqual(to(0))
  expect(choose('cheapest-working', [down, down], {})).toBeUndefined()
})
