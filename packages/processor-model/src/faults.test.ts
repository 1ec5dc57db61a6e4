import { beforeEach, describe, expect, test } from 'vitest'
import { type InsteadOfAnswer, noFaults, type ProcessorFaults } from './faults.ts'
import { officialProcessor } from './options.ts'
import { type LookUpAnswer, ProcessorModel } from './processor-model.ts'
import { ManualTime } from './testing.ts'

let time: ManualTime
let model: ProcessorModel

beforeEach(() => {
  time = new ManualTime()
  model = new ProcessorModel(officialProcessor, {
    nowMs: () => time.nowMs(),
    after: time.after.bind(time),
    unit: () => time.unit(),
  })
})

const set = (faults: Partial<ProcessorFaults>) => {
  model.faults = { ...noFaults, ...faults }
}
const idOf = (number: number) => new Uint8Array(16).fill(number)

/** The status that the sender of a payment gets. */
function pay(number: number): number | undefined {
  let told: number | undefined
  const call = model.arrive((status, instead) => {
    told = instead === 'reset' ? undefined : instead?.status || status
  })
  model.bodyArrived(call, {
    correlationId: idOf(number),
    amountCents: 1990,
    requestedAtMs: 1_754_774_396_123,
  })
  return told
}

function lookUp(number: number): LookUpAnswer | InsteadOfAnswer | undefined {
  let told: LookUpAnswer | InsteadOfAnswer | undefined
  model.lookUp(idOf(number), (answer, instead) => {
    told = instead ?? answer
  })
  return told
}

describe('a payment that is answered with another status', () => {
  test('is not recorded, unless the fault says so', () => {
    set({ paymentStatus: 404 })
    expect([pay(1), model.books.count]).toEqual([404, 0])
    set({ paymentStatus: 500, insertAfterMs: 0 })
    expect([pay(1), model.books.count]).toEqual([500, 1])
  })

  test('is recorded so long after its answer, also when the fault is over by then', () => {
    set({ paymentStatus: 524, insertAfterMs: 3000 })
    expect(pay(1)).toBe(524)
    set({})
    time.pass(2999)
    expect(model.books.count).toBe(0)
    time.pass(1)
    expect(model.books.count).toBe(1)
  })

  test.each([0, 25, 50, 70, 100])('is one of %i in a hundred', paymentPercent => {
    set({ paymentStatus: 401, paymentPercent })
    const statuses = Array.from({ length: 100 }, (_, number) => pay(number))
    expect(statuses.filter(status => status === 401)).toHaveLength(paymentPercent)
    expect(model.books.count).toBe(100 - paymentPercent)
  })
})

test('100 Continue changes nothing else', () => {
  set({ continueFirst: true })
  expect([pay(1), pay(1)]).toEqual([200, 422])
})

test('a look-up on a replica that lags finds a payment late, though its repeat is a duplicate at once', () => {
  set({ lookUpStaleMs: 500 })
  expect([pay(1), pay(1)]).toEqual([200, 422])
  time.pass(499)
  expect(lookUp(1)).toEqual({ status: 404 })
  time.pass(1)
  expect(lookUp(1)).toMatchObject({ status: 200 })
  pay(2)
  set({})
  expect(lookUp(2)).toMatchObject({ status: 200 })
})

test('a look-up gives wrong answers about recorded payments only', () => {
  pay(1)
  set({ lookUpLie: 'amount' })
  expect(lookUp(1)).toMatchObject({ status: 200, payment: { amountCents: 1991 } })
  expect(lookUp(2)).toEqual({ status: 404 })
  set({ lookUpLie: 'instant' })
  expect(lookUp(1)).toMatchObject({ payment: { amountCents: 1990, requestedAtMs: 0 } })
  set({ lookUpLie: 'empty' })
  expect(lookUp(1)).toMatchObject({ status: 200, body: '' })
  set({ lookUpStatus: 502 })
  expect([lookUp(1), lookUp(2)]).toMatchObject([{ status: 502 }, { status: 502 }])
})

test('health that is stuck says failing, and payments are taken', () => {
  set({ healthFailing: true })
  let failing: boolean | undefined
  model.health(answer => {
    failing = answer.status === 200 ? answer.failing : undefined
  })
  expect([failing, pay(1)]).toEqual([true, 200])
})
