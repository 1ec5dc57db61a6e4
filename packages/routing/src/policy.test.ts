import { expect, test } from 'vitest'
import { createPolicy, type Flow, type LaneView, type PolicyName, type QueueView } from './policy.ts'

const fees = [500, 1500, 2000]
const up = {
  working: true,
  usable: true,
  stalled: false,
  tailed: false,
  fast: true,
  predictedMs: 5,
  proven: true,
}
const slow = {
  working: true,
  usable: true,
  stalled: false,
  tailed: false,
  fast: false,
  predictedMs: 900,
  proven: true,
}
/** A lane whose answers come after the audit guard. */
const late = {
  working: true,
  usable: false,
  stalled: false,
  tailed: false,
  fast: false,
  predictedMs: 3000,
  proven: true,
}
const down = {
  working: false,
  usable: false,
  stalled: false,
  tailed: false,
  fast: true,
  predictedMs: 5,
  proven: true,
}

/** A lane that sometimes answers after the guard. */
const tailed = { ...up, usable: false, tailed: true }

/** Without a guard: usable, but answers long after the books are closed. */
const crawling = {
  working: true,
  usable: true,
  stalled: false,
  tailed: false,
  fast: false,
  predictedMs: 4000,
  proven: true,
}

type Lane = Omit<LaneView, 'feeBps'>
type Row = readonly [string, readonly Lane[], Partial<QueueView>, readonly Flow[]]

const calm: QueueView = {
  oldestAgeMs: 0,
  stopped: false,
  acceptedCount: 2000,
  noticeMs: 150,
  perSecondAtEnd: 2000,
  guardLeft: 1,
}
const unlimited = Number.POSITIVE_INFINITY
const flow = (lane: number, ageMsMin = 0, keepCount = 0, inFlightCountMax = unlimited): Flow => ({
  lane,
  ageMsMin,
  keepCount,
  inFlightCountMax,
})

function choose(name: PolicyName, lanes: readonly Lane[], queue: Partial<QueueView>): readonly Flow[] {
  const views = lanes.map((lane, index) => ({ ...lane, feeBps: fees[index] ?? 0 }))
  return createPolicy(name)(views, { ...calm, ...queue })
}

const defaultFirst: readonly Row[] = [
  ['both fine: the cheapest', [up, up], {}, [flow(0)]],
  ['the cheapest is down: the next', [down, up], {}, [flow(1)]],
  ['the cheapest is slow: the next, which is fast', [slow, up], {}, [flow(1)]],
  ['the cheapest is slow and the next is down: the cheapest, slow as it is', [slow, down], {}, [flow(0)]],
  ['both slow: the cheapest', [slow, slow], {}, [flow(0)]],
  ['the cheapest is down and the next slow: hold', [down, slow], { oldestAgeMs: 999 }, []],
  ['… and after a second the next all the same', [down, slow], { oldestAgeMs: 1000 }, [flow(1)]],
  ['… or when payments have stopped', [down, slow], { stopped: true }, [flow(1)]],
  ['both down: hold, however long', [down, down], { oldestAgeMs: 60_000 }, []],
  ['one processor alone, up', [up], {}, [flow(0)]],
  ['one processor alone, down', [down], { oldestAgeMs: 5000 }, []],
  ['of three, the cheapest that is fast', [down, slow, up], {}, [flow(2)]],
]

test.each(defaultFirst)('default-first: %s', (_, lanes, queue, choice) => {
  expect(choose('default-first', lanes, queue)).toEqual(choice)
})

// 845 ms are left of a second for a processor at 5 ms, at 2000 a second: 1690 can still be sent. 4 % of 2000 are 80, and
// 35 % 700.
const patient: readonly Row[] = [
  [
    'the cheapest is usable: it, however slow; what it has no room for overflows',
    [slow, up],
    {},
    [flow(0), flow(1, 150_000, 1690)],
  ],
  [
    'the cheapest is down: the next, after 15 s for each percent, or past the backlog',
    [down, up],
    {},
    [flow(1, 150_000, 1690)],
  ],
  ['… and for a next one that takes long itself', [down, slow], {}, [flow(1, 150_000, 10)]],
  ['the cheapest is late: the next, and little waits', [late, up], {}, [flow(1, 150_000, 80)]],
  [
    'the cheapest stalls: its answer is awaited while what waits can still be sent',
    [{ ...late, stalled: true }, up],
    {},
    [flow(1, 150_000, 1690)],
  ],
  ['payments have stopped: the next, almost at once', [down, up], { stopped: true }, [flow(1, 150, 1690)]],
  [
    'the cheapest crawls: little is under way there',
    [crawling, up],
    {},
    [flow(0, 0, 0, 1 + 80 / 0.75), flow(1, 150_000, 80)],
  ],
  ['… unless it is the only one', [crawling, down], {}, [flow(0)]],
  [
    'none is usable and one works: it, but only as a last resort',
    [late, down],
    {},
    [flow(0, 60_000, unlimited)],
  ],
  [
    '… after 45 seconds what is more than the books are worth',
    [late, down],
    { oldestAgeMs: 45_000 },
    [flow(0, 60_000, 700)],
  ],
  [
    '… which is less, the less they are likely to be equal',
    [late, down],
    { oldestAgeMs: 45_000, guardLeft: 0.1 },
    [flow(0, 60_000, 70)],
  ],
  [
    'the cheapest has a tail: the next, at once; what it has no room for overflows',
    [tailed, up],
    {},
    [flow(1, 0, 80), flow(0, 3000, 80)],
  ],
  [
    '… almost at once when payments have stopped',
    [tailed, up],
    { stopped: true },
    [flow(1, 0, 80), flow(0, 150, 80)],
  ],
  ['both have: the cheapest', [tailed, tailed], {}, [flow(0), flow(1, 150_000, 1690)]],
  ['it has, and the next is down or late: it', [tailed, down], {}, [flow(0)]],
  ['… at once when payments have stopped', [down, late], { stopped: true }, [flow(1)]],
  ['none works: hold', [down, down], { stopped: true, oldestAgeMs: 1e6 }, []],
  [
    'of three, the cheapest that is usable, by the fees between',
    [down, late, up],
    {},
    [flow(2, 225_000, 1690)],
  ],
  [
    'of three, with a quick one in the middle: a slower and dearer one takes only what that has no room for',
    [down, up, slow],
    {},
    [flow(1, 150_000, 1690), flow(2, 225_000, 1690)],
  ],
  [
    '… with a quick one behind: it could send what waits, so none goes to the slow one yet',
    [{ ...late, stalled: true }, slow, up],
    {},
    [flow(1, 150_000, 1690), flow(2, 225_000, 1690)],
  ],
]

test.each(patient)('patient: %s', (_, lanes, queue, flows) => {
  expect(choose('patient', lanes, queue)).toEqual(flows)
})

test('the baselines: always-cheapest waits for the first, cheapest-working for none', () => {
  expect(choose('always-cheapest', [down, up], { stopped: true })).toEqual([])
  expect(choose('always-cheapest', [late, up], {})).toEqual([flow(0)])
  expect(choose('cheapest-working', [down, slow], {})).toEqual([flow(1)])
  expect(choose('cheapest-working', [late, down], {})).toEqual([flow(0)])
  expect(choose('cheapest-working', [down, down], {})).toEqual([])
})

test('the stake in an outage is a number of the policy, for a processor that has worked before', () => {
  const views = (proven: boolean) =>
    [{ ...down, proven }, up].map((lane, index) => ({ ...lane, feeBps: fees[index] ?? 0 }))
  const choose = createPolicy('patient', { outageRiskPercent: 30 })
  expect(choose(views(true), calm)).toEqual([flow(1, 150_000, 2290)])
  expect(choose(views(false), calm)).toEqual([flow(1, 150_000, 1690)])
})
