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

/** Payments that have left stay in the list. */
interface Model {
  readonly payments: ModelPayment[]
  firstRow: number
  archivedToMs: number
}

interface ModelPayment {
  hasLeft: boolean
  readonly number: number
  readonly amountCents: number
  state: number
  processor: number
  requestedAtMs: number
}

type Step = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

/** Whole seconds, the milliseconds beside them, and one that is far from them. */
const instant = fc
  .tuple(fc.nat(4), fc.constantFrom(0, 1, 2, 500, 999))
  .map(([second, ms]) => second * 1000 + ms)

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
    'retire',
  ),
  pick: fc.nat(),
  number: fc.nat(40),
  amountCents: fc.integer({ min: 1, max: amountCentsMax }),
  processor: fc.nat(2),
  requestedAtMs: instant.filter(ms => ms > 0),
  window: fc.tuple(fc.option(instant), fc.option(instant)),
})

test('L1, L2, L8: after any facts, the ledger and a ledger restored from its image agree with a list of objects', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), operations => {
      const ledger = new Ledger({ processorCount: 3, paymentCountMax: 30, hashSeed: 1 })
      const model: Model = { payments: [], firstRow: 0, archivedToMs: 0 }
      for (const step of operations) {
        play(ledger, model, step)
        expectCounts(ledger, model)
        expectSummary(ledger, model, ...step.window)
      }
      const copy = new Ledger({ processorCount: 3, paymentCountMax: 30, hashSeed: 2 })
      copy.restore(ledger.image())
      for (const each of [ledger, copy]) {
        expectCounts(each, model)
        expectSummary(each, model, null, null)
        for (const [row, payment] of model.payments.entries()) expectRow(each, row, payment)
        each.checkInvariants()
      }
      const again = new Ledger({ processorCount: 3, paymentCountMax: 30, hashSeed: 3 })
      again.restore(copy.image())
      expect(again.image()).toEqual(copy.image())
    }),
    { numRuns: 400 },
  )
})

/** L1: each payment is in exactly one count, and the counts add up to the number of payments. */
function expectCounts(ledger: Ledger, { payments, firstRow, archivedToMs }: Model): void {
  const countOf = (...states: readonly number[]) =>
    payments.filter(({ state }) => states.includes(state)).length
  expect(ledger.stateCounts()).toEqual({
    queued: countOf(queued, refused),
    refused: countOf(refused),
    inFlight: countOf(inFlight),
    settled: countOf(settled),
    rejected: countOf(rejected, discarded),
    discarded: countOf(discarded),
  })
  expect([ledger.count, ledger.firstRow, ledger.archivedToMs]).toEqual([
    payments.length,
    firstRow,
    archivedToMs,
  ])
  const rows = payments.flatMap(({ hasLeft }, row) => (hasLeft ? [] : [row]))
  expect([ledger.keptCount, [...ledger.rows()]]).toEqual([rows.length, rows])
  expect(ledger.openCount).toBe(countOf(queued, refused, inFlight))
}

function expectRow(ledger: Ledger, row: number, payment: ModelPayment): void {
  if (payment.hasLeft) {
    expect(() => ledger.state(row)).toThrow('the row exists')
    return expect(ledger.find(idOf(payment.number), 0)).not.toBe(row)
  }
  expect(ledger.find(idOf(payment.number), 0)).toBe(row)
  for (const from of [0, row])
    expect(ledger.findState(ledger.state(row), from, row + 1)).toBeLessThanOrEqual(row)
  expect(ledger.findState(ledger.state(row), row, row + 1)).toBe(row)
  const [state, processor, requestedAtMs] = rowOf(ledger, row)
  const amountCents = ledger.amountCents(row)
  expect({ ...payment, amountCents, state, processor, requestedAtMs }).toEqual(payment)
}

function play(ledger: Ledger, model: Model, step: Step): void {
  const { kind, number, amountCents } = step
  const { payments } = model
  if (kind === 'purge') {
    if (step.pick % 10 !== 0) return
    ledger.apply(purged)
    payments.length = 0
    Object.assign(model, { firstRow: 0, archivedToMs: 0 })
  } else if (kind === 'retire') retire(ledger, model, step)
  else if (kind === 'accept') {
    if (ledger.find(idOf(number), 0) !== -1 || ledger.full) return
    ledger.apply(accepted([number], amountCents))
    payments.push({ hasLeft: false, number, amountCents, state: queued, processor: -1, requestedAtMs: 0 })
  } else {
    const row = step.pick % Math.max(payments.length, 1)
    const payment = payments[row]
    const isOver =
      payment?.hasLeft === true ||
      payment?.state === settled ||
      (payment?.state === rejected && !isOrder(kind)) ||
      (payment?.state === discarded && kind !== 'confirm')
    if (payment !== undefined && !isOver) move(ledger, payment, row, step)
  }
}

function retire(ledger: Ledger, model: Model, { pick, processor }: Step): void {
  model.firstRow = Math.min(model.payments.length, model.firstRow + (pick % 7))
  model.archivedToMs = Math.max(model.archivedToMs, (pick % 5) * 1000 * processor)
  ledger.apply({ kind: 'retired', firstRow: model.firstRow, archivedToMs: model.archivedToMs })
  for (const payment of model.payments.slice(0, model.firstRow)) {
    const isArchived = payment.state === settled && payment.requestedAtMs < model.archivedToMs
    if (isArchived || payment.state === discarded) payment.hasLeft = true
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
  { payments, archivedToMs }: Model,
  fromMs: number | null,
  toMs: number | null,
): void {
  const isCut = (atMs: number | null) => atMs !== null && atMs < archivedToMs && atMs % 1000 > 1
  const cut = isCut(fromMs) ? 'from' : isCut(toMs === null ? null : toMs + 1) ? 'to' : undefined
  expect(ledger.cutEnd(fromMs, toMs)?.end).toBe(cut)
  if (cut !== undefined) return
  const naive = [0, 1, 2].map(processor => {
    const counted = payments.filter(
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
