import { expect, test } from 'vitest'
import { clairvoyantNet } from './clairvoyant.ts'
import { hasCleanWay, type LabSchedule, type LabStage } from './schedule.ts'

type Behaviour = number | `${number}F`

/** Stages 10 s apart from 10 s on; `'100F'` is a delay of 100 ms and failing. Fees 5 % and 15 %, amount 1.00. */
function schedule(guardMs: number, ...stages: readonly (readonly Behaviour[])[]): LabSchedule {
  return {
    name: 'by hand',
    seed: 1,
    durationMs: 10_000 * (stages.length + 1),
    usersMax: 10,
    thinkTimeMs: 1000,
    amountCents: 100,
    feesBps: [500, 1500, 2000].slice(0, stages[0]?.length ?? 2),
    audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs, rule: 'sum-of-abs' },
    stages: stages.map(
      (behaviours, index): LabStage => ({
        atMs: 10_000 * (index + 1),
        processors: behaviours.map(text => ({
          delayMs: Number.parseInt(String(text), 10),
          failing: String(text).endsWith('F'),
        })),
      }),
    ),
  }
}

test.each([
  ['all well: everything at 5 %', schedule(0, [0, 0]), [100, 100], 190],
  ['an outage that ends: its payments wait', schedule(0, ['0F', 0], [0, 0]), [100, 100, 100], 285],
  ['an outage that lasts: its payments go to the next', schedule(0, ['0F', 0]), [100, 100], 95 + 85],
  ['both fail to the end: what arrives then is lost', schedule(0, ['0F', '0F']), [100, 100], 95],
  ['without a guard slow is good enough', schedule(0, [2000, 0]), [0, 100], 95],
  ['a delay of just the guard is past it', schedule(2000, [2000, 0]), [0, 100], 85],
  ['a delay under the guard is not', schedule(2000, [1999, 0]), [0, 100], 95],
  ['past the guard is better than never', schedule(2000, [2000, '0F']), [0, 100], 95],
  [
    'but waiting for one that is under it comes first',
    schedule(2000, [2000, '0F'], ['0F', 0]),
    [0, 100, 0],
    85,
  ],
  ['one processor', schedule(0, ['0F'], [0]), [1, 1, 1], 2.85],
  ['three processors', schedule(0, ['0F', '0F', 0]), [0, 100], 80],
])('clairvoyant: %s', (_, hand, arrivals, net) => {
  expect(clairvoyantNet(hand, arrivals)).toBeCloseTo(net, 10)
})

test.each([
  ['no step past the guard', true, schedule(1500, [100, 0], [500, 0])],
  ['the one in use steps past it', false, schedule(1500, [100, 0], [2000, 0])],
  ['it steps past it, failing: refused at once', true, schedule(1500, [100, 0], ['2000F', 0])],
  ['one that is not in use steps past it', true, schedule(1500, [100, 0], [100, 5000])],
  [
    'the next in line steps past it as the one in use fails',
    false,
    schedule(1500, [0, 0], ['0F', 2000], [0, 0]),
  ],
  ['it was past it before, and could be known to be', true, schedule(1500, [0, 2000], ['0F', 2000], [0, 0])],
  ['none is under it from some time on', false, schedule(1500, ['0F', '0F'], [2000, '0F'])],
  ['none works from some time on', true, schedule(1500, ['0F', '0F'])],
  ['there is no guard', true, schedule(0, [100, 0], [2000, 0])],
])('a clean way: %s', (_, clean, hand) => {
  expect(hasCleanWay(hand)).toBe(clean)
})
