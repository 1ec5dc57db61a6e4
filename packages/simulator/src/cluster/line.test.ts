import type { AttemptOutcome } from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import { SimProcessor } from '../processor.ts'
import { World } from '../world.ts'
import { fairLine, Line, type LineWeather } from './line.ts'
import { drawPlan } from './plan.ts'
import { type PaymentKind, type Posted, PostedPayments } from './posted.ts'
import { emptyTally, type LineFault, lineFaults } from './tally.ts'
import { Trace } from './trace.ts'

const plan = drawPlan({ seed: 1 })

function rig(weather: Partial<LineWeather> = {}) {
  const world = new World(1)
  const processor = new SimProcessor(world, { name: 'default' })
  const posted = new PostedPayments(world.stream())
  const tally = emptyTally()
  const line = new Line(world, processor, { plan, posted, trace: new Trace(world), tally })
  line.weather = { ...fairLine, ...weather }
  const create = (kind: PaymentKind): Posted => {
    for (;;) {
      const payment = posted.create()
      if (payment.kind === kind) return payment
    }
  }
  /** All answers, and the time of the last one. */
  const pay = ({ correlationId, amountCents }: Posted, requestedAtMs = Math.floor(world.nowMs)) => {
    const outcomes: AttemptOutcome[] = []
    const sentAtMs = world.nowMs
    let tookMs = 0
    line.pay({ correlationId, amountCents, requestedAtMs }, outcome => {
      outcomes.push(outcome)
      tookMs = world.nowMs - sentAtMs
    })
    world.runUntil(sentAtMs + 60_000)
    return { outcomes, tookMs, recordedCount: processor.books.count }
  }
  return { world, processor, line, tally, create, pay }
}

const always = (kind: LineFault): Partial<LineWeather> => ({ faults: [{ kind, chance: 1 }] })

describe('a payment on a line with the fault', () => {
  const cases: [LineFault, object, number][] = [
    ['connection refused', { kind: 'refused', sent: false }, 0],
    ['reset before the request was read', { kind: 'unknown' }, 0],
    ['reset after it was read', { kind: 'unknown' }, 1],
    ['request held up on its way', { kind: 'recorded' }, 1],
    ['answer lost', { kind: 'unknown' }, 1],
    ['slow body', { kind: 'recorded' }, 1],
    ['429 at the door', { kind: 'refused', pushedBack: true }, 0],
    ['500 at the door', { kind: 'refused', sent: true }, 0],
    ['repeat rejected', { kind: 'recorded' }, 1],
    ['500 after the insert', { kind: 'refused', sent: true }, 1],
    ['unlisted status on the way in', { kind: 'unknown' }, 0],
    ['unlisted status on the way out', { kind: 'unknown' }, 1],
    ['unlisted status, the insert later', { kind: 'unknown' }, 1],
  ]
  test.each(cases)('"%s" ends as %j, and is in %i books', (fault, outcome, recordedCount) => {
    const { create, pay, tally } = rig(always(fault))
    const result = pay(create('ordinary'))
    expect(result.outcomes).toMatchObject([outcome])
    expect([result.recordedCount, tally.faults[fault]]).toEqual([recordedCount, 1])
  })

  test('has a case here for every kind of fault', () => {
    expect(cases.map(([fault]) => fault)).toEqual(lineFaults)
  })
})

test('a repeat of an attempt whose answer was lost is rejected for a stubborn payment, and while the fault lasts', () => {
  for (const [weather, kind] of [
    [{}, 'stubborn'],
    [always('repeat rejected'), 'ordinary'],
  ] as const) {
    const { create, pay } = rig(weather)
    const payment = create(kind)
    expect(pay(payment, 1000).outcomes).toMatchObject([{ kind: 'recorded' }])
    expect(pay(payment, 1000).outcomes).toMatchObject([{ kind: 'duplicate' }])
    payment.unsure = true
    expect(pay(payment, 1000).outcomes).toMatchObject([{ kind: 'rejected' }])
    expect(pay(payment, 1001).outcomes).toMatchObject([{ kind: 'duplicate' }])
    expect(payment.underWayCount).toBe(0)
  }
})

test('requests on their way and in the processor are counted until they can have no more effect', () => {
  const { world, line, create, processor } = rig(always('request held up on its way'))
  const payment = create('ordinary')
  line.pay({ ...payment, requestedAtMs: 1000 }, () => {})
  while (processor.books.count === 0) {
    expect(payment.underWayCount).toBe(1)
    world.runUntil(world.nowMs + 1)
  }
  world.runUntil(world.nowMs + 1000)
  expect(payment.underWayCount).toBe(0)
})

test.each(['request held up on its way', 'slow body'] as const)(
  'a fault of slowness, "%s", may outlast the patience of who sent it, and may not',
  fault => {
    const { create, pay } = rig(always(fault))
    const took = Array.from({ length: 40 }, () => pay(create('ordinary')).tookMs)
    expect(took.some(ms => ms > plan.attemptTimeoutMs)).toBe(true)
    expect(took.some(ms => ms < plan.attemptTimeoutMs)).toBe(true)
  },
)

test('in fair weather a payment is recorded, once, and nothing is counted as a fault', () => {
  const { create, pay, tally } = rig()
  const result = pay(create('ordinary'))
  expect(result.outcomes).toEqual([{ kind: 'recorded' }])
  expect(result.recordedCount).toBe(1)
  expect(Object.values(tally.faults).every(count => count === 0)).toBe(true)
})

test('a wrong way answers its status to everything, and no payment gets through', () => {
  const { create, line, pay, tally, world } = rig({ wayStatus: 404 })
  const payment = create('ordinary')
  expect(pay(payment)).toMatchObject({
    outcomes: [{ kind: 'refused', sent: true, wayStatus: 404 }],
    recordedCount: 0,
  })
  const kinds: string[] = []
  line.lookUp(payment.correlationId, ({ kind }) => kinds.push(kind))
  line.health(({ kind }) => kinds.push(kind))
  world.runUntil(world.nowMs + 1000)
  expect(kinds.sort()).toEqual(['absent', 'unknown'])
  expect(tally.faults['answered about the way']).toBe(1)
})

test('a payment that was recorded and answered 500 is not hidden by a wrong way until its sender is answered 422', () => {
  const { create, line, pay, world } = rig(always('500 after the insert'))
  const payment = create('ordinary')
  const lookedUp = () => {
    const kinds: string[] = []
    line.weather = { ...fairLine, wayStatus: 404 }
    line.lookUp(payment.correlationId, ({ kind }) => kinds.push(kind))
    world.runUntil(world.nowMs + 1000)
    return kinds
  }
  pay(payment)
  expect(lookedUp()).toEqual(['unknown'])
  line.weather = fairLine
  expect(pay(payment).outcomes).toEqual([{ kind: 'duplicate' }])
  expect(lookedUp()).toEqual(['absent'])
})

test('a poisoned payment is rejected, and is in no book', () => {
  const { create, pay } = rig()
  const result = pay(create('poison'))
  expect(result.outcomes).toMatchObject([{ kind: 'rejected' }])
  expect(result.recordedCount).toBe(0)
})

test('when several faults are possible, the first one drawn happens, each as often as its chance says', () => {
  const { create, pay, tally } = rig({
    faults: [
      { kind: '429 at the door', chance: 0.5 },
      { kind: 'connection refused', chance: 1 },
    ],
  })
  for (let count = 0; count < 200; count += 1) pay(create('ordinary'))
  expect(tally.faults['429 at the door'] + tally.faults['connection refused']).toBe(200)
  expect(Math.abs(tally.faults['429 at the door'] - 100)).toBeLessThan(30)
})

test('a look-up answers the record in the books, or nothing if it fails', () => {
  const { create, line, pay, tally, world } = rig()
  const payment = create('ordinary')
  const outcomes: unknown[] = []
  const lookUp = () => {
    line.lookUp(payment.correlationId, outcome => outcomes.push(outcome))
    world.runUntil(world.nowMs + 1000)
  }
  lookUp()
  pay(payment)
  lookUp()
  line.weather = { ...fairLine, lookUpFailsChance: 1 }
  lookUp()
  expect(outcomes).toMatchObject([
    { kind: 'absent' },
    { kind: 'found', amountCents: payment.amountCents },
    { kind: 'unknown' },
  ])
  expect(tally.faults['look-up failed']).toBe(1)
})

test('a look-up that lags does not find a payment for a while, unless its sender was told 500', () => {
  for (const [weather, lagMs, kinds] of [
    [{}, 61_000, ['absent', 'found']],
    [always('500 after the insert'), 61_000, ['found', 'found']],
    [{}, 59_000, ['found', 'found']],
  ] as const) {
    const { create, line, pay, world } = rig(weather)
    const payment = create('ordinary')
    // It waits for a minute.
    pay(payment)
    line.weather = { ...fairLine, lookUpLagMs: lagMs }
    const outcomes: unknown[] = []
    for (let count = 0; count < 2; count += 1) {
      line.lookUp(payment.correlationId, ({ kind }) => outcomes.push(kind))
      world.runUntil(world.nowMs + 2000)
    }
    expect(outcomes).toEqual(kinds)
  }
})

test('health is what the processor says, or nothing if the call fails', () => {
  const { line, processor, tally, world } = rig()
  processor.setStage({ delayMs: 70, failing: true })
  const outcomes: unknown[] = []
  const ask = () => {
    line.health(outcome => outcomes.push(outcome))
    world.runUntil(world.nowMs + 10_000)
  }
  ask()
  line.weather = { ...fairLine, healthFailsChance: 1 }
  ask()
  expect(outcomes).toMatchObject([{ kind: 'answered', failing: true }, { kind: 'unknown' }])
  expect(tally.faults['health call failed']).toBe(1)
})
