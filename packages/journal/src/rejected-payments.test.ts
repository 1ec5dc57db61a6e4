import { expect, test } from 'vitest'
import { chunkRowCount } from './limits.ts'
import { RejectedPayments } from './rejected-payments.ts'

test('what was pushed comes back in its order with its reason, past the end of a piece', () => {
  const payments = Array.from({ length: chunkRowCount + 3 }, (_, row) => ({
    row: row * 3,
    reason: ['the processor answered 404', '', 'ünlike 422'][row % 3] ?? '',
  }))
  const list = RejectedPayments.from(payments)
  expect(list.count).toBe(payments.length)
  expect([...list]).toEqual(payments)
  expect([...list]).toEqual(payments)
  expect([...new RejectedPayments()]).toEqual([])
})
