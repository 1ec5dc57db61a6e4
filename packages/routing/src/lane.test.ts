import { expect, test } from 'vitest'
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
  expect(on.report().limitCount).toBe(3)
})

test('the predicted latency is the poll’s until attempts know better, and follows them then', () => {
  const on = lane()
  on.startPollIfDue(0)
  on.polled({ kind: 'answered', failing: false, minResponseTimeMs: 2000 }, 5)
  expect([on.predictedMs, on.fast]).toEqual([2000, false])
  for (let attempt = 0; attempt < 40; attempt += 1) on.ended(start(on, 100), recorded, 110)
  expect(Math.round(on.predictedMs)).toBe(10)
  expect(on.fast).toBe(true)
})

test('health is asked once at a time and one pause after each answer', () => {
  const on = lane()
  expect(on.startPollIfDue(0)).toBe(true)
  expect(on.startPollIfDue(20_000)).toBe(false)
  on.polled({ kind: 'unknown', reason: 'timeout' }, 20_000)
  expect(on.startPollIfDue(24_999)).toBe(false)
  expect(on.startPollIfDue(25_000)).toBe(true)
})

test('a poll that says failing stops the flow at once', () => {
  const on = lane()
  on.startPollIfDue(0)
  on.polled({ kind: 'answered', failing: true, minResponseTimeMs: 0 }, 5)
  expect(on.working).toBe(false)
  expect(on.report()).toMatchObject({ circuit: 'open', reportedFailing: true, polledAtMs: 5 })
})
