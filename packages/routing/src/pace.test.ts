import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pace, paceDefaults } from './pace.ts'

const options = {
  drainMs: 4000,
  perSecondMin: 500,
  perSecondMax: 2500,
  perSecondMaxAtEnd: 3500,
  burstMs: 10,
  tickMsMax: 0,
}

/** Sends all that may be sent, once a millisecond for a second. Returns the number of payments sent. */
function secondOf(
  pace: Pace,
  { queuedCount = 0, arrivalsPerSecond = 0, ending = false, stepMs = 1 },
): number {
  let sentCount = 0
  for (let nowMs = 0; nowMs < 1000; nowMs += stepMs) {
    pace.fill(nowMs, queuedCount, arrivalsPerSecond, ending)
    for (; pace.open; sentCount += 1) pace.spend()
  }
  return sentCount
}

test('no payment is sent before the bucket is filled, and at most a bucket’s worth at once', () => {
  const pace = new Pace(options)
  expect(pace.open).toBe(false)
  pace.fill(1_000_000, 0, 0, false)
  let count = 0
  for (; pace.open; count += 1) pace.spend()
  // The burst is that of 10 ms at 500 payments a second.
  expect(count).toBe(5)
})

test.each<[string, Parameters<typeof secondOf>[1], number]>([
  ['the least there is where nothing waits and little comes', { arrivalsPerSecond: 10 }, 500],
  ['twice of what comes, or a backlog would stay', { arrivalsPerSecond: 600 }, 1200],
  ['what drains the backlog in its time', { queuedCount: 6000 }, 1500],
  ['the most there is, however much waits', { queuedCount: 1_000_000, arrivalsPerSecond: 9000 }, 2500],
  ['the most at the end, when nothing comes any more', { queuedCount: 1, ending: true }, 3500],
])('the rate is %s', (_, need, perSecond) => {
  const sentCount = secondOf(new Pace(options), need)
  expect(sentCount).toBeGreaterThanOrEqual(perSecond * 0.98)
  expect(sentCount).toBeLessThanOrEqual(perSecond * 1.02)
})

test('unused rate is not saved up: a pause is followed by one burst and no more', () => {
  const pace = new Pace(options)
  pace.fill(0, 10_000, 0, false)
  pace.fill(60_000, 10_000, 0, false)
  let count = 0
  for (; pace.open; count += 1) pace.spend()
  expect(count).toBe(25)
})

test('a rate so low that its burst is less than one still lets one through at a time', () => {
  const slow = new Pace({ ...options, perSecondMin: 20, perSecondMax: 20, perSecondMaxAtEnd: 20 })
  expect(secondOf(slow, {})).toBe(20)
})

test('with any steps of time, at most the highest rate and one burst are sent', () => {
  const steps = fc.array(
    fc.record({ stepMs: fc.integer({ min: 0, max: 40 }), queuedCount: fc.nat(20_000) }),
    {
      minLength: 1,
      maxLength: 200,
      size: 'max',
    },
  )
  fc.assert(
    fc.property(steps, taken => {
      const pace = new Pace(options)
      let [nowMs, sentCount] = [0, 0]
      for (const { stepMs, queuedCount } of taken) {
        nowMs += stepMs
        pace.fill(nowMs, queuedCount, 0, false)
        for (; pace.open; sentCount += 1) pace.spend()
      }
      expect(sentCount).toBeLessThanOrEqual((options.perSecondMax * (nowMs + options.burstMs)) / 1000 + 1e-6)
    }),
  )
})

describe('between passes', () => {
  function afterPass(sentCount: number, tickMsMax: number): Pace {
    const pace = new Pace({ ...options, tickMsMax })
    pace.fill(1000, 0, 0, false)
    for (let count = 0; count < sentCount; count += 1) pace.spend()
    return pace
  }

  test.each<[string, number, number, { nextPassAtMs: number; wakeAtMs: number }]>([
    ['one that sent nothing is followed by a short pause', 0, 8, { nextPassAtMs: 1005, wakeAtMs: 1005 }],
    ['or one as long as any, where that is shorter', 0, 2, { nextPassAtMs: 1002, wakeAtMs: 1005 }],
    ['a lone payment is followed by half the pause', 1, 8, { nextPassAtMs: 1004, wakeAtMs: 1004 }],
    ['two and more by all of it', 2, 8, { nextPassAtMs: 1008, wakeAtMs: 1008 }],
    ['two and more by all of it', 40, 8, { nextPassAtMs: 1008, wakeAtMs: 1008 }],
    ['without a tick by none', 40, 0, { nextPassAtMs: 1000, wakeAtMs: 1005 }],
  ])('%s', (_, sentCount, tickMsMax, times) => {
    expect(afterPass(sentCount, tickMsMax)).toMatchObject(times)
  })

  test('before the first there is no pause', () => {
    expect(new Pace({ ...options, tickMsMax: 8 }).nextPassAtMs).toBe(Number.NEGATIVE_INFINITY)
  })

  test.each([0, 2, 8, 40])('a pause of %d ms costs nothing of the rate', tickMsMax => {
    const need = { queuedCount: 1_000_000, stepMs: Math.max(1, tickMsMax) }
    expect(secondOf(new Pace({ ...options, tickMsMax }), need)).toBeGreaterThanOrEqual(2500 * 0.98)
  })
})

test.each([
  [{ tickMsMax: -1 }, 'a pause is not negative'],
  [{ drainMs: 0 }, 'times are positive'],
  [{ burstMs: 0 }, 'times are positive'],
  [{ perSecondMin: 0 }, 'perSecondMin'],
  [{ perSecondMin: 3000 }, 'perSecondMin'],
  [{ perSecondMaxAtEnd: 2000 }, 'perSecondMaxAtEnd'],
])('%j is a programmer error', (wrong, words) => {
  expect(() => new Pace({ ...paceDefaults, ...wrong })).toThrow(words)
})
