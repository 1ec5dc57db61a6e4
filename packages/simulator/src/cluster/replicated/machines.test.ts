import { assert } from '@rinha/base'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { expect, test } from 'vitest'
import type { Checkers } from '../checkers.ts'
import { Line } from '../line.ts'
import { Network } from '../network.ts'
import { drawPlan } from '../plan.ts'
import { Facts } from '../testing.ts'
import { LogWatch } from './log-watch.ts'
import { Machines } from './machines.ts'

/** Two candidates without nodes, and without upheavals but those of a test. */
function machines(healthPollMs = 5000) {
  const facts = new Facts({
    ...drawPlan({ seed: 1, isReplicated: true }),
    healthPollMs,
    candidateCount: 2,
    processorCount: 2,
  })
  const { world, plan, trace } = facts
  const heard: string[] = []
  const checkers = {
    onRecovered: () => heard.push('recovered'),
    onCrashed: () => {
      heard.push('crashed')
      for (const payment of facts.posted.all) payment.crashed = true
    },
    onGone: () => heard.push('gone'),
    onStopping: () => heard.push('stopping'),
    onHealed: () => {},
    onEnded: () => {},
    onResubmitted: () => {},
  } as unknown as Checkers
  const log = new LogWatch(plan, trace)
  const lives = new Machines({
    ...facts,
    log,
    lines: facts.processors.map(processor => new Line(world, processor, facts)),
    network: new Network({ ...facts, secret: 1, door: () => undefined }),
    checkers,
    onStart: () => {},
    sending: ['on', 'on'],
    feePeriods: [],
    polledAtMs: new Map(),
    heard: [],
    keepFees: () => {},
  })
  const pass = (ms: number) => world.runUntil(world.nowMs + ms)
  const leader = () => {
    const { leader } = lives
    assert(leader?.life !== undefined, 'somebody leads')
    return leader
  }
  const accept = () => {
    const payment = facts.post()
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, payment.correlationId, payment.amountCents)
    lives.running?.coordinator.onPayments(records, 1)
    return payment
  }
  lives.start()
  pass(2000)
  return { facts, lives, log, heard, pass, leader, accept }
}

test('of two candidates one leads; when it is killed the other one does, and has its payments', () => {
  const { facts, lives, heard, pass, leader, accept } = machines()
  const first = leader()
  const payments = Array.from({ length: 20 }, accept)
  pass(2000)
  lives.kill(first)
  expect(lives.running).toBeUndefined()
  pass(2000)
  expect(leader()).not.toBe(first)
  expect(heard).toEqual(['recovered', 'crashed', 'gone', 'recovered'])
  for (const { correlationId } of payments)
    expect(lives.running?.engine.status(correlationId).state).not.toBe('absent')
  expect(facts.tally.faults.takeover).toBe(2)
})

test('a leader that is told to stop hands over at once', () => {
  const { lives, pass, leader, accept } = machines()
  const first = leader()
  accept()
  lives.stop(first)
  pass(300)
  expect(leader()).not.toBe(first)
})

test('a leader that does not reach the log is overruled, and ends', () => {
  const { facts, pass, leader, accept } = machines()
  const first = leader()
  const { life } = first
  assert(life !== undefined, 'it lives')
  life.connection.isCut = true
  accept()
  pass(1500)
  expect(leader()).not.toBe(first)
  expect(first.life).toBe(life)
  pass(6000)
  expect(first.life).not.toBe(life)
  expect(facts.tally.faults.takeover).toBe(2)
})

test('a leader that stood still for seconds learns that another one leads, and ends', () => {
  const { lives, pass, leader, accept } = machines()
  const first = leader()
  const { life } = first
  accept()
  lives.stall(5000)
  pass(4000)
  expect(leader()).not.toBe(first)
  expect(first.life).toBe(life)
  pass(5000)
  expect(first.life).not.toBe(life)
})

test('a leader’s last poll, begun after another one has claimed, and the first poll of that one keep their distance', () => {
  let takeoverCount = 0
  // Some of these turns find it where the first poll comes a whole pause after the takeover, and no later.
  for (let turn = 44; turn < 56; turn += 1) {
    const { facts, lives, log, pass, leader } = machines(5000 + 7 * turn)
    const first = leader()
    let isPolled = false
    log.onNextPoll(() => {
      isPolled = true
    })
    while (!isPolled) pass(10)
    // When the log, which is slow, takes the intent of the next poll, beats do not come through, and the leader stands still.
    pass(facts.plan.healthPollMs - 500 - ((37 * turn) % 300))
    lives.stream.answerMsMax = 120
    lives.line.isMute = true
    log.onNextPoll(() => first.life?.process.stall(250))
    pass(1500)
    lives.line.isMute = false
    lives.stream.answerMsMax = 5
    if (leader() !== first) takeoverCount += 1
    pass(8000)
  }
  expect(takeoverCount).toBeGreaterThan(5)
})
