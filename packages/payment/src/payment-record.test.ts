import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amountCentsMax } from './cents.ts'
import { paymentRecordsProblem, readPaymentAmountCents, writePaymentRecord } from './payment-record.ts'

const id = Uint8Array.from({ length: 16 }, (_, index) => index + 1)

test('a record is 16 bytes of id and 8 of cents, the highest first', () => {
  const bytes = new Uint8Array(26).fill(0xee)
  writePaymentRecord(bytes, 1, id, 0x01_02_03)
  expect([...bytes]).toEqual([0xee, ...id, 0, 0, 0, 0, 0, 1, 2, 3, 0xee])
})

test('a record is read as it was written, at any offset, and the bytes beside it do not change', () => {
  const payments = fc.array(
    fc.record({
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      amountCents: fc.integer({ min: 1, max: amountCentsMax }),
    }),
    { minLength: 1, maxLength: 20, size: 'max' },
  )
  fc.assert(
    fc.property(payments, written => {
      const records = new Uint8Array(written.length * 24)
      // Backwards: each must leave alone what is there.
      for (let at = written.length - 1; at >= 0; at -= 1) {
        const payment = written[at]
        if (payment !== undefined) writePaymentRecord(records, at * 24, payment.id, payment.amountCents)
      }
      expect(paymentRecordsProblem(records)).toBeUndefined()
      const read = written.map((_, at) => ({
        id: records.slice(at * 24, at * 24 + 16),
        amountCents: readPaymentAmountCents(records, at * 24),
      }))
      expect(read).toEqual(written)
    }),
  )
})

test.each([
  ['an id that is too short', id.subarray(1), 1],
  ['no amount', id, 0],
  ['a negative amount', id, -1],
  ['half a cent', id, 0.5],
  ['more than the most', id, amountCentsMax + 1],
])('%s is a programmer error', (_, correlationId, amountCents) => {
  expect(() => writePaymentRecord(new Uint8Array(24), 0, correlationId, amountCents)).toThrow(
    /16 bytes|cents/,
  )
})

/** Two records, the second with these last eight bytes. */
function withAmount(...amount: readonly number[]): Uint8Array {
  const records = new Uint8Array(48)
  writePaymentRecord(records, 0, id, 1990)
  records.set(id, 24)
  records.set(amount, 40)
  return records
}

test.each<[string, Uint8Array, string]>([
  ['nothing', new Uint8Array(0), 'no payment'],
  ['half a record', new Uint8Array(36).fill(1), 'not a multiple of 24 bytes'],
  ['an amount of nothing', withAmount(0, 0, 0, 0, 0, 0, 0, 0), 'payment 1'],
  ['an amount past the most', withAmount(0, 0, 0, 1, 0, 0, 0, 0), 'payment 1'],
  ['an amount that no double holds', withAmount(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 'payment 1'],
])('of a peer, %s is a problem', (_, records, words) => {
  expect(paymentRecordsProblem(records)).toContain(words)
})

test('from a peer, the least and the greatest amount are accepted', () => {
  const records = withAmount(0, 0, 0, 0, 0, 0, 0, 1)
  expect(paymentRecordsProblem(records)).toBeUndefined()
  writePaymentRecord(records, 24, id, amountCentsMax)
  expect(paymentRecordsProblem(records)).toBeUndefined()
})
