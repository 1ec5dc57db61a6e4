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

test('a lane hands out as many permits as its limit, and gets them back with outcomes', () => {
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
  for (let attempt = 0; attempt < 100; attempt += 1) on.ended(start(on, attempt), pushedBack, attempt + 1)
  expect(on.working).toBe(true)
  expect(on.report(1).limitCount).toBe(1)
})

test('the predicted latency is that of the poll until attempts are measured, and then follows them', () => {
  const on = lane()
  on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 2000 }, 5)
  expect([on.predictedMs, on.view(5).fast]).toEqual([2000, false])
  for (let attempt = 0; attempt < 40; attempt += 1) on.ended(start(on, 100), recorded, 110)
  expect(Math.round(on.predictedMs)).toBe(10)
  expect(on.view(510).fast).toBe(true)
})

describe('under a guard', () => {
  /** Makes `count` attempts, one after the other, that each take `latencyMs`. Returns the time after them. */
  function answers(on: Lane, latencyMs: number, count: number, fromMs: number): number {
    for (let answer = 0; answer < count; answer += 1)
      on.ended(start(on, fromMs + answer * latencyMs), recorded, fromMs + (answer + 1) * latencyMs)
    return fromMs + count * latencyMs
  }

  /** A third of them hang before the next is sent. */
  function hang(on: Lane, count: number, atMs: number): Permit[] {
    return Array.from({ length: count }, () => start(on, atMs))
  }

  test('a lane with a level past the guard is waited for, and one with a tail past it is not', () => {
    const late = lane(1500)
    answers(late, 1480, 5, 0)
    expect(late.view(7400)).toMatchObject({ usable: false, tailed: false, working: true })
    const tailed = lane(1500)
    const nowMs = answers(tailed, 5, 200, 0)
    answers(tailed, 1700, 1, nowMs)
    expect(tailed.view(nowMs + 1700)).toMatchObject({
      usable: false,
      tailed: true,
      predictedMs: expect.closeTo(5),
    })
  })

  test('a tail without new late answers is forgotten within some minutes', () => {
    const on = lane(1500)
    answers(on, 1700, 1, answers(on, 5, 200, 0))
    expect(on.view(10_000).tailed).toBe(true)
    expect(on.view(100_000)).toMatchObject({ tailed: false, usable: true })
  })

  test('when the guard is used up, neither a level nor a tail is a reason', () => {
    const on = lane(1500)
    answers(on, 12_000, 1, answers(on, 5, 200, 0))
    expect(on.view(13_000).usable).toBe(true)
    expect(answers(on, 3000, 3, 13_000)).toBe(22_000)
    expect(on.view(22_000).usable).toBe(true)
  })

  test('one attempt in a hundred that hangs does not stop a lane; a batch that hangs stops it before the second one', () => {
    const on = lane(1500)
    let nowMs = answers(on, 5, 100, 0)
    hang(on, 1, nowMs)
    nowMs = answers(on, 5, 100, nowMs)
    expect(on.view(nowMs).stalled).toBe(false)
    hang(on, 6, nowMs)
    expect(on.view(nowMs + 60).stalled).toBe(false)
    expect(on.view(nowMs + 70).stalled).toBe(true)
    expect(on.view(nowMs + 70)).toMatchObject({ usable: false, stalled: true })
  })

  test('a poll that tells of a new level is not overridden by attempts sent before it', () => {
    const on = lane(1500)
    const nowMs = answers(on, 1000, 20, 0)
    const before = hang(on, 6, nowMs)
    on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 4640 }, nowMs + 500)
    for (const permit of before) on.ended(permit, recorded, nowMs + 1000)
    expect(on.view(nowMs + 1000)).toMatchObject({ usable: false, predictedMs: expect.closeTo(4640) })
    expect(on.inFlightCount).toBe(0)
  })

  test('a stall ends with the first answer, which is the new level', () => {
    const on = lane(1500)
    const nowMs = answers(on, 5, 100, 0)
    const [first] = hang(on, 6, nowMs)
    expect(on.view(nowMs + 100).stalled).toBe(true)
    on.ended(first as Permit, recorded, nowMs + 400)
    expect(on.view(nowMs + 400)).toMatchObject({
      stalled: false,
      usable: true,
      predictedMs: expect.closeTo(400),
    })
  })

  test('a late answer of the old level’s tail does not end a stall, and is not the new level', () => {
    const on = lane(1500)
    const nowMs = answers(on, 5, 100, 0)
    const [tail] = hang(on, 1, nowMs)
    const stalledMs = answers(on, 5, 100, nowMs)
    hang(on, 6, stalledMs)
    expect(on.view(stalledMs + 100).stalled).toBe(true)
    on.ended(tail as Permit, recorded, stalledMs + 200)
    expect(on.view(stalledMs + 200)).toMatchObject({ stalled: true, predictedMs: expect.closeTo(5) })
    on.ended(start(on, stalledMs + 500), recorded, stalledMs + 505)
    expect(on.view(stalledMs + 505)).toMatchObject({ stalled: false, predictedMs: expect.closeTo(5) })
  })

  test('a stalled lane is probed soon, and sooner without a guard', () => {
    for (const [guardMs, pauseMs] of [
      [1500, 400],
      [0, 100],
    ] as const) {
      const on = lane(guardMs)
      const nowMs = answers(on, 5, 100, 0)
      hang(on, 6, nowMs)
      expect(on.view(nowMs + 100).stalled).toBe(true)
      expect(on.canaryDue(nowMs + 99 + pauseMs)).toBe(false)
      expect(on.canaryDue(nowMs + 100 + pauseMs)).toBe(true)
      const probe = start(on, nowMs + 100 + pauseMs)
      expect(probe.canary).toBe(false)
      expect(on.canaryDue(nowMs + 100 + pauseMs)).toBe(false)
      on.ended(probe, recorded, nowMs + 105 + pauseMs)
      expect(on.view(nowMs + 105 + pauseMs).stalled).toBe(false)
    }
  })

  test('a lane with a level past the guard is probed only if its health endpoint does not answer', () => {
    const on = lane(1500)
    on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 2000 }, 0)
    expect([on.view(0).usable, on.canaryDue(60_000)]).toEqual([false, false])
    on.polled({ kind: 'unknown', reason: 'timeout' }, 60_000)
    on.view(60_000)
    expect([on.canaryDue(60_399), on.canaryDue(60_400)]).toEqual([false, true])
  })

  test('a circuit that attempts have opened gets canaries, and one that health has opened does not', () => {
    const on = lane(1500)
    on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 0 }, 0)
    for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 100), refused, 101)
    expect(on.canaryDue(151)).toBe(true)
    on.polled({ kind: 'answered', failing: true, minResponseTimeMs: 0 }, 200)
    expect(on.canaryDue(10_000)).toBe(false)
    on.isEnding = true
    expect(on.canaryDue(10_000)).toBe(true)
  })
})

test('a poll that says failing stops the flow at once', () => {
  const on = lane()
  on.polled({ kind: 'answered', failing: true, minResponseTimeMs: 0 }, 5)
  expect(on.working).toBe(false)
  expect(on.report(25)).toMatchObject({ circuit: 'open', reportedFailing: true, polledAgeMs: 20 })
})

const lost = { kind: 'unknown', reason: 'timeout' } as const

test('a look-up that finds a payment sent after the circuit opened closes it, and one for an earlier payment does not', () => {
  const on = lane()
  for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 100), lost, 101)
  on.found(100)
  expect([on.working, on.report(101).limitCount]).toEqual([false, 7])
  on.ended(start(on, 160), lost, 161)
  on.found(160)
  expect(on.working).toBe(true)
  // One more lost answer is not counted. After that, about as many as usual open the circuit.
  for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 200), lost, 201)
  expect(on.working).toBe(true)
  for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 200), lost, 201)
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
        on.view(nowMs).usable,
        on.view(nowMs).working,
        on.tryStart(nowMs),
        on.tryStart(nowMs, true),
      ]).toEqual([false, false, undefined, undefined])
    expect(on.view(5 + quietMs).usable).toBe(true)
    expect(on.tryStart(5 + quietMs)).toBeDefined()
  },
)

describe('what another coordinator has polled', () => {
  const told = (failing: boolean, ageMs: number) => ({ failing, minResponseTimeMs: 0, ageMs })

  test('a failing processor gets nothing, and its recovery is seen', () => {
    const on = lane()
    on.told(told(true, 300), 10_000)
    expect([on.working, on.reportedFailing]).toEqual([false, true])
    on.told(told(false, 200), 15_000)
    expect([on.working, on.report(15_000).polledAgeMs]).toEqual([true, 200])
  })

  test('a poll counts once: told again, it does not speak against what attempts have shown since', () => {
    const on = lane()
    on.told(told(false, 0), 10_000)
    for (let attempt = 0; attempt < 3; attempt += 1) on.ended(start(on, 10_100), refused, 10_101)
    on.told(told(false, 1010), 11_000)
    expect(on.working).toBe(false)
    on.told(told(false, 400), 15_400)
    expect(on.working).toBe(true)
  })

  test('without news it is forgotten after two pauses, and a poll as old as that is no news', () => {
    const on = lane()
    on.told(told(true, 0), 10_000)
    for (const nowMs of [11_000, 20_000]) on.told(undefined, nowMs)
    expect(on.reportedFailing).toBe(true)
    on.told(undefined, 20_001)
    expect(on.report(20_001)).toMatchObject({ reportedFailing: null, polledAgeMs: null })
    on.told(told(true, 10_001), 30_000)
    expect(on.report(30_000).reportedFailing).toBeNull()
  })
})
