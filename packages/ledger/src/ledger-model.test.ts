import { Prng } from '@rinha/base'
import { amountCentsMax, type Fact, paymentState } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ledger } from './index.ts'
import {
  accepted,
  confirmed,
  discarded as discardedFact,
  idOf,
  makeLedger,
  purged,
  reject,
  released,
  requeued,
  rowOf,
  sent,
  settle,
} from './testing.ts'

/** The ledger is compared with a model of it: a list of objects. */
const { queued, inFlight, settled, rejected, refused, discarded } = paymentState

interface ModelPayment {
  readonly number: number
  readonly amountCents: number
  state: number
  processor: number
  requestedAtMs: number
}

type Step = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

const operation = fc.record({
  kind: fc.constantFrom(
    'accept',
    'accept',
    'accept',
    'send',
    'settle',
    'settle',
    'refuse',
    'free',
    'reject',
    'confirm',
    'release',
    'discard',
    'purge',
  ),
  pick: fc.nat(),
  number: fc.nat(40),
  amountCents: fc.integer({ min: 1, max: amountCentsMax }),
  processor: fc.nat(2),
  requestedAtMs: fc.integer({ min: 1, max: 60 }),
  window: fc.tuple(fc.option(fc.nat(62)), fc.option(fc.nat(62))),
})

test('L1, L2: after any facts, the ledger and a ledger restored from its image agree with a list of objects', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), operations => {
      const ledger = new Ledger({ processorCount: 3, paymentCountMax: 30, hashSeed: 1 })
      const model: ModelPayment[] = []
      for (const step of operations) {
        play(ledger, model, step)
        expectCounts(ledger, model)
        expectSummary(ledger, model, ...step.window)
      }
      const copy = new Ledger({ processorCount: 3, paymentCountMax: 30, hashSeed: 2 })
      copy.restore(ledger.image())
      for (const each of [ledger, copy]) {
        expect(each.count).toBe(model.length)
        for (const [row, payment] of model.entries()) expectRow(each, row, payment)
        each.checkInvariants()
      }
    }),
    { numRuns: 200 },
  )
})

/** L1: each payment is in exactly one count, and the counts add up to the number of payments. */
function expectCounts(ledger: Ledger, model: readonly ModelPayment[]): void {
  const countOf = (...states: readonly number[]) => model.filter(({ state }) => states.includes(state)).length
  expect(ledger.stateCounts()).toEqual({
    queued: countOf(queued, refused),
    refused: countOf(refused),
    inFlight: countOf(inFlight),
    settled: countOf(settled),
    rejected: countOf(rejected, discarded),
    discarded: countOf(discarded),
  })
  expect(ledger.count).toBe(model.length)
  expect(ledger.openCount).toBe(countOf(queued, refused, inFlight))
}

function expectRow(ledger: Ledger, row: number, payment: ModelPayment): void {
  expect(ledger.find(idOf(payment.number), 0)).toBe(row)
  const [state, processor, requestedAtMs] = rowOf(ledger, row)
  const amountCents = ledger.amountCents(row)
  expect({ number: payment.number, amountCents, state, processor, requestedAtMs }).toEqual(payment)
}

function play(ledger: Ledger, model: ModelPayment[], step: Step): void {
  const { kind, number, amountCents } = step
  if (kind === 'purge' && step.pick % 10 === 0) {
    ledger.apply(purged)
    model.length = 0
  } else if (kind === 'accept') {
    if (ledger.find(idOf(number), 0) !== -1 || ledger.full) return
    ledger.apply(accepted([number], amountCents))
    model.push({ number, amountCents, state: queued, processor: -1, requestedAtMs: 0 })
  } else {
    const row = step.pick % Math.max(model.length, 1)
    const payment = model[row]
    const isOver =
      payment?.state === settled ||
      (payment?.state === rejected && !isOrder(kind)) ||
      (payment?.state === discarded && kind !== 'confirm')
    if (payment !== undefined && !isOver) move(ledger, payment, row, step)
  }
}

/** Facts that follow from a person's order. */
const isOrder = (kind: string) => kind === 'confirm' || kind === 'release' || kind === 'discard'

function move(ledger: Ledger, payment: ModelPayment, row: number, step: Step): void {
  const { kind, requestedAtMs } = step
  const become = (fact: Fact, state: number, processor: number, atMs: number) => {
    ledger.apply(fact)
    Object.assign(payment, { state, processor, requestedAtMs: atMs })
  }
  if (kind === 'reject') return become(reject(row), rejected, -1, 0)
  if (kind === 'free') return become(requeued(row, 'none'), queued, -1, 0)
  if (kind === 'release' && payment.state !== queued) return become(released(row), queued, -1, 0)
  if (kind === 'discard' && payment.state === rejected) return become(discardedFact(row), discarded, -1, 0)
  const isKnown = payment.state === inFlight || payment.state === refused
  const processor = isKnown ? payment.processor : step.processor
  if (kind === 'confirm' && payment.state !== queued)
    return become(confirmed(row, processor, requestedAtMs), settled, processor, requestedAtMs)
  if (kind === 'send' && payment.state !== inFlight)
    become(sent(row, processor, requestedAtMs), inFlight, processor, requestedAtMs)
  else if (kind === 'refuse' && payment.state === inFlight)
    become(requeued(row, 'refused'), refused, processor, 0)
  else if (kind === 'settle' && payment.state !== queued)
    become(settle(row, processor, requestedAtMs), settled, processor, requestedAtMs)
}

function expectSummary(
  ledger: Ledger,
  model: ModelPayment[],
  fromMs: number | null,
  toMs: number | null,
): void {
  const naive = [0, 1, 2].map(processor => {
    const counted = model.filter(
      payment =>
        payment.state === settled &&
        payment.processor === processor &&
        (fromMs === null || payment.requestedAtMs >= fromMs) &&
        (toMs === null || payment.requestedAtMs <= toMs),
    )
    return {
      count: counted.length,
      amountCents: counted.reduce((sum, payment) => sum + payment.amountCents, 0),
    }
  })
  expect(ledger.summary(fromMs, toMs)).toEqual(naive)
}

test('invariants hold in a long life with a hundred thousand payments', () => {
  const prng = new Prng(11)
  const ledger = makeLedger(100_000)
  let nowMs = 1_000_000
  for (let number = 0; number < 100_000; number += 1) {
    nowMs += prng.integer(0, 2)
    ledger.apply(accepted([number * 2_654_435_761], prng.integer(1, 5000)))
    const [processor, atMs] = [prng.integer(0, 1), nowMs - prng.integer(0, 5000)]
    if (prng.chance(0.9)) ledger.apply(sent(number, processor, atMs))
    if (ledger.state(number) === inFlight) ledger.apply(settle(number, processor, atMs))
    else if (prng.chance(0.5)) ledger.apply(reject(number))
  }
  ledger.checkInvariants()
})
