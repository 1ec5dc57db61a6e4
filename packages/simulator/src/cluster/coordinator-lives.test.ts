import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import type { Checkers } from './checkers.ts'
import { CoordinatorLives } from './coordinator-lives.ts'
import { Line } from './line.ts'
import { Network } from './network.ts'
import type { Plan } from './plan.ts'
import type { Posted } from './posted.ts'
import { Facts } from './testing.ts'

const calm: Partial<Plan> = {
  processorCount: 2,
  crashes: true,
  purges: false,
  journal: true,
  intruder: 'none',
  powerCutChance: 0,
  drainMsMax: 500,
  rememberedCountMax: 1_000_000,
}

/** A coordinator without nodes. A test hands it payments, and it dies by its plan within ten seconds. */
function living(differences: Partial<Plan> = {}) {
  const facts = new Facts({ ...calm, ...differences })
  const { world } = facts
  const heard: string[] = []
  const checkers = {
    onRecovered: () => heard.push('recovered'),
    onForgotten: () => heard.push('forgotten'),
    onCrashed: () => heard.push('crashed'),
    onGone: () => heard.push('gone'),
    onStopping: () => {},
    onHealed: () => {},
    onEnded: () => {},
    onResubmitted: () => {},
  } as unknown as Checkers
  const network = new Network({ ...facts, secret: 1, door: () => undefined })
  const lines = facts.processors.map(processor => new Line(world, processor, facts))
  const lives = new CoordinatorLives({
    ...facts,
    lines,
    network,
    checkers,
    onStart: () => {},
    sending: ['on', 'on'],
    feePeriods: [],
    polledAtMs: new Map(),
    heard: [],
    keepFees: () => {},
  })
  const pass = (ms: number) => world.runUntil(world.nowMs + ms)
  const accept = (): Posted => {
    const payment = facts.post()
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, payment.correlationId, payment.amountCents)
    lives.running?.coordinator.onPayments(records, 1)
    return payment
  }
  const stateOf = ({ correlationId }: Posted) => lives.running?.engine.status(correlationId).state
  return { facts, lives, heard, pass, accept, stateOf }
}

test('a coordinator starts and settles what it is given', () => {
  const { accept, lives, pass, stateOf, facts } = living()
  expect(lives.running).toBeUndefined()
  lives.start()
  const payments = [accept(), accept()]
  pass(2000)
  expect(payments.map(stateOf)).toEqual(['settled', 'settled'])
  lives.countEnds()
  expect(facts.tally).toMatchObject({ settled: 2, rejected: 0 })
  expect(facts.tally.commits).toBeGreaterThan(0)
})

describe.each([0, 1])('with a journal, and a power cut in %d of its crashes', powerCutChance => {
  test('the next coordinator knows all settled payments, and the checkers hear of each death and return', () => {
    const { accept, facts, heard, lives, pass, stateOf } = living({ powerCutChance })
    lives.start()
    heard.length = 0
    const payments = Array.from({ length: 20 }, accept)
    pass(3000)
    expect(new Set(payments.map(stateOf))).toEqual(new Set(['settled']))
    for (let count = 0; count < 5; count += 1) {
      lives.scheduleEnds(10_000)
      pass(15_000)
    }
    expect(new Set(payments.map(stateOf))).toEqual(new Set(['settled']))
    const { crash, 'stop in order': stops, 'power cut': powerCuts } = facts.tally.faults
    expect(crash).toBeGreaterThan(2)
    expect(stops).toBeGreaterThan(0)
    expect(powerCuts).toBe(powerCutChance * crash)
    expect(heard).not.toContain('forgotten')
    // No payment was open at the stop, so none is excused.
    expect(heard.filter(word => word === 'crashed').length).toBe(crash)
    expect(heard.filter(word => word === 'recovered').length).toBe(crash + stops)
    expect(heard.filter(word => word === 'gone').length).toBe(crash + stops)
  })
})

test('without a journal each end of a coordinator forgets all payments', () => {
  const { accept, facts, heard, lives, pass, stateOf } = living({ journal: false })
  lives.start()
  const payment = accept()
  pass(1000)
  lives.scheduleEnds(10_000)
  pass(15_000)
  const { crash, 'stop in order': stops } = facts.tally.faults
  expect(crash + stops).toBeGreaterThan(0)
  expect(heard).toEqual(Array.from({ length: crash + stops }, () => ['forgotten', 'gone']).flat())
  expect([lives.disk, stateOf(payment)]).toEqual([undefined, 'absent'])
})

test('a stop leaves payments open that the processors do not take in time, and says that they may be lost', () => {
  const { accept, facts, heard, lives, pass } = living()
  for (const processor of facts.processors) processor.setStage({ delayMs: 0, failing: true })
  lives.start()
  accept()
  for (let count = 0; count < 10 && facts.tally.faults['stop in order'] === 0; count += 1) {
    heard.length = 0
    facts.tally.faults.crash = 0
    lives.scheduleEnds(1000)
    pass(10_000)
  }
  const { crash, 'stop in order': stops } = facts.tally.faults
  expect(stops).toBeGreaterThan(0)
  expect(heard.filter(word => word === 'crashed').length).toBe(crash + stops)
})

test('a purge is told to the checkers before it happens, and the coordinator goes on', () => {
  const { accept, facts, heard, lives, pass, stateOf } = living({ crashes: false, purges: true })
  lives.start()
  const payment = accept()
  pass(1000)
  expect(stateOf(payment)).toBe('settled')
  lives.scheduleEnds(1000)
  pass(1000)
  // The purge comes when a send has been asked for and has not begun. That send then never begins.
  const unbegun = accept()
  pass(1000)
  expect([stateOf(payment), stateOf(unbegun), facts.tally.faults.purge, heard.at(-1)]).toEqual([
    'absent',
    'absent',
    1,
    'forgotten',
  ])
  expect(facts.processors.map(({ books }) => books.count)).toEqual([1, 0])
  const later = accept()
  pass(1000)
  expect(stateOf(later)).toBe('settled')
})
