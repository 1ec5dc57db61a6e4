import { expect, test } from 'vitest'
import { chunkRowCount } from './limits.ts'
import { type OpenPayment, OpenPayments, openDoubts } from './open-payments.ts'

test('what was pushed comes back in its order, as often as one asks, past the end of a piece', () => {
  const payments: OpenPayment[] = Array.from({ length: 2 * chunkRowCount + 3 }, (_, row) => ({
    row: row * 2,
    acceptedAtMs: 1_754_774_396_000.25 + row,
    doubt: openDoubts[row % 3] ?? 'none',
    processor: (row % 4) - 1,
    requestedAtMs: row % 2 === 0 ? 0 : 1_754_774_396_000 + row,
  }))
  const list = OpenPayments.from(payments)
  expect(list.count).toBe(payments.length)
  expect([...list]).toEqual(payments)
  expect([...list]).toEqual(payments)
  expect([...new OpenPayments()]).toEqual([])
})
