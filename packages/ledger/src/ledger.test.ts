import { Prng } from '@rinha/base'
import { amountCentsMax } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ledger, paymentState } from './index.ts'
import { reasonCountMax, segmentRowCount } from './limits.ts'
import { otherReason } from './reason-table.ts'

const { queued, inFlight, settled, rejected } = paymentState

function makeLedger(paymentCountMax = 1000, processorCount = 2): Ledger {
  return new Ledger({ processorCount, paymentCountMax, hashSeed: 7 })
}

/** 16 bytes that spell a number. */
function idOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

test('a payment is found by its id, at any offset, and by no other', () => {
  const ledger = makeLedger()
  const bytes = new Uint8Array(40)
  bytes.set(idOf(5), 3)
  expect(ledger.find(bytes, 3)).toBe(-1)
  expect(ledger.insert(bytes, 3, 1990)).toBe(0)
  bytes.fill(0, 0, 3)
  expect(ledger.find(idOf(5), 0)).toBe(0)
  expect(ledger.find(idOf(6), 0)).toBe(-1)
  expect(ledger.correlationId(0)).toEqual(idOf(5))
  ledger.correlationId(0).fill(255)
  expect(ledger.correlationId(0)).toEqual(idOf(5))
})

test('the life of a payment: queued, sent, refused, sent again, settled', () => {
  const ledger = makeLedger()
  const row = ledger.insert(idOf(1), 0, 1990)
  expect([ledger.state(row), ledger.processor(row), ledger.requestedAtMs(row), ledger.attempt(row)]).toEqual([
    queued,
    -1,
    0,
    0,
  ])
  expect(ledger.setInFlight(row, 0, 1000)).toBe(1)
  expect([ledger.state(row), ledger.processor(row), ledger.requestedAtMs(row)]).toEqual([inFlight, 0, 1000])
  ledger.setQueued(row)
  expect([ledger.state(row), ledger.processor(row), ledger.requestedAtMs(row)]).toEqual([queued, -1, 0])
  expect(ledger.setInFlight(row, 1, 2000)).toBe(2)
  expect(ledger.summary(null, null)).toEqual([
    { count: 0, amountCents: 0 },
    { count: 0, amountCents: 0 },
  ])
  ledger.settle(row, 1, 1999)
  expect([ledger.state(row), ledger.processor(row), ledger.requestedAtMs(row), ledger.attempt(row)]).toEqual([
    settled,
    1,
    1999,
    2,
  ])
  expect(ledger.summary(1999, 1999)).toEqual([
    { count: 0, amountCents: 0 },
    { count: 1, amountCents: 1990 },
  ])
  expect(ledger.summary(2000, null)[1]).toEqual({ count: 0, amountCents: 0 })
  expect(ledger.summary(null, 1998)[1]).toEqual({ count: 0, amountCents: 0 })
  ledger.checkInvariants()
})

type Move = 'setQueued' | 'setInFlight' | 'settle' | 'reject'

const reach: Record<string, (ledger: Ledger) => void> = {
  queued: () => {},
  inFlight: ledger => ledger.setInFlight(0, 0, 1),
  settled: ledger => ledger.settle(0, 0, 1),
  rejected: ledger => ledger.reject(0, 'no'),
}
const moves: Record<Move, (ledger: Ledger) => void> = {
  setQueued: ledger => ledger.setQueued(0),
  setInFlight: ledger => ledger.setInFlight(0, 1, 2),
  settle: ledger => ledger.settle(0, 1, 2),
  reject: ledger => ledger.reject(0, 'never'),
}

test.each<[string, Move, keyof typeof paymentState | 'assert']>([
  ['queued', 'setQueued', 'assert'],
  ['queued', 'setInFlight', 'inFlight'],
  ['queued', 'settle', 'settled'],
  ['queued', 'reject', 'rejected'],
  ['inFlight', 'setQueued', 'queued'],
  ['inFlight', 'setInFlight', 'assert'],
  ['inFlight', 'settle', 'settled'],
  ['inFlight', 'reject', 'rejected'],
  ['settled', 'setQueued', 'assert'],
  ['settled', 'setInFlight', 'assert'],
  ['settled', 'settle', 'assert'],
  ['settled', 'reject', 'assert'],
  ['rejected', 'setQueued', 'assert'],
  ['rejected', 'setInFlight', 'assert'],
  ['rejected', 'settle', 'assert'],
  ['rejected', 'reject', 'assert'],
])('from %s, %s gives %s', (from, move, to) => {
  const ledger = makeLedger()
  ledger.insert(idOf(1), 0, 100)
  reach[from]?.(ledger)
  const before = ledger.state(0)
  if (to === 'assert') {
    expect(() => moves[move](ledger)).toThrow()
    expect(ledger.state(0)).toBe(before)
  } else {
    moves[move](ledger)
    expect(ledger.state(0)).toBe(paymentState[to])
  }
  ledger.checkInvariants()
})

test('what breaks a rule is an assert and changes nothing', () => {
  const ledger = makeLedger(2)
  ledger.insert(idOf(1), 0, 100)
  const wrong: (() => void)[] = [
    () => ledger.insert(idOf(1), 0, 100),
    () => ledger.insert(idOf(2), 0, 0),
    () => ledger.insert(idOf(2), 0, 1.5),
    () => ledger.insert(idOf(2), 0, amountCentsMax + 1),
    () => ledger.insert(idOf(2), 1, 100),
    () => ledger.setInFlight(0, 2, 1),
    () => ledger.setInFlight(0, -1, 1),
    () => ledger.settle(0, 0, 0.5),
    () => ledger.state(1),
    () => ledger.rejectReason(0),
  ]
  for (const call of wrong) expect(call, String(call)).toThrow()
  expect(ledger.stateCounts()).toEqual({ queued: 1, inFlight: 0, settled: 0, rejected: 0 })
  ledger.checkInvariants()
  ledger.insert(idOf(2), 0, 100)
  expect(ledger.full).toBe(true)
  expect(() => ledger.insert(idOf(3), 0, 100)).toThrow('full ledger')
})

test('a ledger whose sums could become inexact is not made', () => {
  const countMax = Math.floor(2 ** 53 / amountCentsMax)
  expect(() => makeLedger(countMax + 1)).toThrow('exact')
  expect(makeLedger(countMax).paymentCountMax).toBe(countMax)
  expect(() => makeLedger(0)).toThrow('paymentCountMax')
  expect(() => makeLedger(10, 0)).toThrow('processorCount')
})

test('reasons are kept word for word up to the limit, then told as another reason', () => {
  const ledger = makeLedger()
  for (let number = 0; number <= reasonCountMax; number += 1) {
    const row = ledger.insert(idOf(number), 0, 100)
    ledger.reject(row, `status ${400 + number}`)
  }
  expect(ledger.rejectReason(0)).toBe('status 400')
  expect(ledger.rejectReason(reasonCountMax - 1)).toBe(`status ${400 + reasonCountMax - 1}`)
  expect(ledger.rejectReason(reasonCountMax)).toBe(otherReason)
  const again = ledger.insert(idOf(1000), 0, 100)
  ledger.reject(again, 'status 401')
  expect(ledger.rejectReason(again)).toBe('status 401')
})

test('a purge forgets everything and the next payment is row 0', () => {
  const ledger = makeLedger()
  ledger.settle(ledger.insert(idOf(1), 0, 100), 0, 5)
  ledger.insert(idOf(2), 0, 100)
  ledger.clear()
  expect([ledger.count, ledger.find(idOf(1), 0)]).toEqual([0, -1])
  expect(ledger.summary(null, null)).toEqual([
    { count: 0, amountCents: 0 },
    { count: 0, amountCents: 0 },
  ])
  expect(ledger.stateCounts()).toEqual({ queued: 0, inFlight: 0, settled: 0, rejected: 0 })
  expect(ledger.insert(idOf(2), 0, 100)).toBe(0)
  ledger.checkInvariants()
})

test('rows keep their fields across segments', () => {
  const ledger = makeLedger(3 * segmentRowCount)
  const last = 2 * segmentRowCount + 10
  for (let row = 0; row <= last; row += 1) ledger.insert(idOf(row), 0, row + 1)
  for (const row of [0, segmentRowCount - 1, segmentRowCount, 2 * segmentRowCount, last]) {
    expect([ledger.find(idOf(row), 0), ledger.amountCents(row)]).toEqual([row, row + 1])
    expect(ledger.correlationId(row)).toEqual(idOf(row))
  }
  ledger.checkInvariants()
})

interface ModelPayment {
  readonly number: number
  readonly amountCents: number
  state: number
  processor: number
  requestedAtMs: number
  attempt: number
}

type Step = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

const operation = fc.record({
  kind: fc.constantFrom(
    'insert',
    'insert',
    'insert',
    'send',
    'settle',
    'settle',
    'requeue',
    'reject',
    'clear',
  ),
  pick: fc.nat(),
  number: fc.nat(40),
  amountCents: fc.integer({ min: 1, max: amountCentsMax }),
  processor: fc.nat(2),
  requestedAtMs: fc.integer({ min: 1, max: 60 }),
  window: fc.tuple(fc.option(fc.nat(62)), fc.option(fc.nat(62))),
})

test('it says what a list of objects says, after any operations', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), operations => {
      const ledger = new Ledger({ processorCount: 3, paymentCountMax: 30, hashSeed: 1 })
      const model: ModelPayment[] = []
      for (const step of operations) {
        apply(ledger, model, step)
        expectSummary(ledger, model, ...step.window)
      }
      for (const [row, payment] of model.entries()) {
        expect(ledger.find(idOf(payment.number), 0)).toBe(row)
        expect({
          number: payment.number,
          amountCents: ledger.amountCents(row),
          state: ledger.state(row),
          processor: ledger.processor(row),
          requestedAtMs: ledger.requestedAtMs(row),
          attempt: ledger.attempt(row),
        }).toEqual(payment)
      }
      ledger.checkInvariants()
    }),
    { numRuns: 200 },
  )
})

function apply(ledger: Ledger, model: ModelPayment[], step: Step): void {
  const { kind, number, amountCents } = step
  if (kind === 'clear' && step.pick % 10 === 0) {
    ledger.clear()
    model.length = 0
  } else if (kind === 'insert') {
    if (ledger.find(idOf(number), 0) !== -1 || ledger.full) return
    expect(ledger.insert(idOf(number), 0, amountCents)).toBe(model.length)
    model.push({ number, amountCents, state: queued, processor: -1, requestedAtMs: 0, attempt: 0 })
  } else {
    const row = step.pick % Math.max(model.length, 1)
    const payment = model[row]
    if (payment !== undefined) move(ledger, payment, row, step)
  }
}

function move(ledger: Ledger, payment: ModelPayment, row: number, step: Step): void {
  const { kind, processor, requestedAtMs } = step
  if (kind === 'send' && payment.state === queued) {
    payment.attempt += 1
    expect(ledger.setInFlight(row, processor, requestedAtMs)).toBe(payment.attempt)
    Object.assign(payment, { state: inFlight, processor, requestedAtMs })
  } else if (kind === 'requeue' && payment.state === inFlight) {
    ledger.setQueued(row)
    Object.assign(payment, { state: queued, processor: -1, requestedAtMs: 0 })
  } else if (payment.state === queued || payment.state === inFlight) {
    if (kind === 'settle') {
      ledger.settle(row, processor, requestedAtMs)
      Object.assign(payment, { state: settled, processor, requestedAtMs })
    } else if (kind === 'reject') {
      ledger.reject(row, 'no')
      Object.assign(payment, { state: rejected, processor: -1, requestedAtMs: 0 })
    }
  }
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
    const row = ledger.insert(idOf(number * 2_654_435_761), 0, prng.integer(1, 5000))
    if (prng.chance(0.9)) ledger.settle(row, prng.integer(0, 1), nowMs - prng.integer(0, 5000))
    else if (prng.chance(0.5)) ledger.reject(row, 'no')
  }
  ledger.checkInvariants()
})
