import { describe, expect, test } from 'vitest'
import { Lane, type Permit } from './lane.ts'

function lane(auditGuardMs = 0): Lane {
  return new Lane(
    {
      name: 'default',
      feeBps: 500,
      fastMsMax: 100,
      auditGuardMs,
      circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
      limiter: { countInitial: 6, countMax: 100 },
      healthPollMs: 5000,
    },
    0,
  )
}

function start(on: Lane, nowMs: number): Permit {
  const permit = on.tryStart(nowMs)
  if (permit === undefined) throw new Error('no room')
  return permit
}

const recorded = { kind: 'recorded' } as const
const refused = { kind: 'refused', sent: true, pushedBack: false, reason: '500' } as const
const pushedBack = { kind: 'refused', sent: false, pushedBack: true, reason: '429' } as const

test('it hands out as many permits as its limit, and gets them back with outcomes', () => {
  const on = lane()
  const permits = Array.from({ length: 6 }, () => start(on, 0))
  expect(on.tryStart(0)).toBeUndefined()
  on.ended(permits[0] as Permit, recorded, 10)
  expect(on.tryStart(10)).toBeDefined()
})

test('an outage is seen within a few attempts, and one canary at a time probes for its end', () => {
  const on = lane()
  for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 100), refused, 101)
  expect(on.working).toBe(false)
  expect(on.tryStart(150)).toBeUndefined()
  const canary = start(on, 151)
  expect(canary.canary).toBe(true)
  expect(on.tryStart(5000)).toBeUndefined()
  on.ended(canary, recorded, 160)
  expect(on.working).toBe(true)
})

test('push-backs shrink the pool and leave the circuit closed', () => {
  const on = lane()
  for (let attempt = 0; attempt < 5; attempt += 1) on.ended(start(on, 0), pushedBack, 1)
  expect(on.working).toBe(true)
  expect(on.report(1).limitCount).toBe(3)
})

test('the predicted latency is the poll’s until attempts know better, and follows them then', () => {
  const on = lane()
  on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 2000 }, 5)
  expect([on.predictedMs, on.view(5).fast]).toEqual([2000, false])
  for (let attempt = 0; attempt < 40; attempt += 1) on.ended(start(on, 100), recorded, 110)
  expect(Math.round(on.predictedMs)).toBe(10)
  expect(on.view(510).fast).toBe(true)
})

describe('the level of latency', () => {
  /** `count` attempts, one after the other, that each take `latencyMs`; answers with the time after them. */
  function answers(on: Lane, latencyMs: number, count: number, fromMs: number): number {
    for (let answer = 0; answer < count; answer += 1) {
      on.ended(start(on, fromMs + answer * latencyMs), recorded, fromMs + (answer + 1) * latencyMs)
    }
    return fromMs + count * latencyMs
  }

  test('one that has lasted steps down with the first answer, and the lane stays usable', () => {
    const on = lane(2000)
    const nowMs = answers(on, 1882, 3, 0)
    answers(on, 2, 1, nowMs)
    expect(on.predictedMs).toBe(2)
    expect(on.usable(nowMs + 2)).toBe(true)
  })

  test('what was sent before a step down is neither waited for nor learned from', () => {
    const on = lane(2000)
    const nowMs = answers(on, 1000, 4, 0)
    const slow = start(on, nowMs)
    answers(on, 2, 1, nowMs + 500)
    expect(on.stalled(nowMs + 900)).toBe(false)
    on.ended(slow, recorded, nowMs + 1000)
    expect(on.predictedMs).toBe(2)
    expect(on.inFlightCount).toBe(0)
  })

  test('what was sent after it is: a silence after one quick answer stalls the lane', () => {
    const on = lane(2000)
    const nowMs = answers(on, 1000, 4, 0)
    answers(on, 2, 1, nowMs)
    start(on, nowMs + 10)
    expect(on.stalled(nowMs + 60)).toBe(false)
    expect(on.stalled(nowMs + 100)).toBe(true)
  })

  test('one that has only just stepped up is a spread, and calls for a margin', () => {
    const on = lane(2000)
    const nowMs = answers(on, 1000, 2, 0)
    answers(on, 2, 1, nowMs)
    expect(on.predictedMs).toBeGreaterThan(500)
    expect(on.safe).toBe(true)
    answers(on, 2, 2, nowMs + 2)
    expect(on.safe).toBe(false)
  })

  test('a poll that tells of a slower processor starts a level, too', () => {
    const on = lane(2000)
    const nowMs = answers(on, 2, 3, 0)
    on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 1500 }, nowMs)
    answers(on, 2, 1, nowMs)
    expect(on.predictedMs).toBeGreaterThan(1000)
  })
})

test('a poll that says failing stops the flow at once', () => {
  const on = lane()
  on.polled({ kind: 'answered', failing: true, minResponseTimeMs: 0 }, 5)
  expect(on.working).toBe(false)
  expect(on.report(25)).toMatchObject({ circuit: 'open', reportedFailing: true, polledAgeMs: 20 })
})

const lost = { kind: 'unknown', reason: 'timeout' } as const

test('a look-up that finds what was sent after the circuit opened closes it, and one of before does not', () => {
  const on = lane()
  for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 100), lost, 101)
  on.found(100)
  expect([on.working, on.report(101).limitCount]).toEqual([false, 7])
  on.ended(start(on, 160), lost, 161)
  on.found(160)
  expect(on.working).toBe(true)
  // One lost answer more counts for nothing, then as many open it as ever.
  for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 200), lost, 201)
  expect(on.working).toBe(true)
  on.ended(start(on, 200), lost, 201)
  expect(on.working).toBe(false)
})

test.each([
  [1500, 1500],
  [1e15, 10_000],
])(
  'after a 429 with Retry-After of %i ms nothing is sent for %i ms, and the lane is not usable',
  (retryAfterMs, quietMs) => {
    const on = lane()
    on.ended(start(on, 0), { ...pushedBack, retryAfterMs }, 5)
    for (const nowMs of [5, 4 + quietMs])
      expect([
        on.usable(nowMs),
        on.view(nowMs).working,
        on.tryStart(nowMs),
        on.tryStart(nowMs, true),
      ]).toEqual([false, false, undefined, undefined])
    expect(on.usable(5 + quietMs)).toBe(true)
    expect(on.tryStart(5 + quietMs)).toBeDefined()
  },
)
