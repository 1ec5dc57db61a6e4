import { describe, expect, test } from 'vitest'
import { closingOf } from './closing.ts'
import { officialSchedules } from './official-schedules.ts'
import type { ProcessorTotals, Reading, Readings } from './targets.ts'

const { final } = officialSchedules

const read = <T>(value: T): Reading<T> => ({ kind: 'read', value })
const missing = { kind: 'missing', reason: 'no answer within 1500 ms' } as const
const totals = (count: number, feePerTransaction?: number): ProcessorTotals => ({
  count,
  amountCents: count * 1990,
  feePerTransaction,
})

const agreeing: Readings = {
  backend: read({ default: { count: 3, amountCents: 5970 }, fallback: { count: 1, amountCents: 1990 } }),
  default: read(totals(3, 0.07)),
  fallback: read(totals(1, 0.1)),
}

describe('the books at the end', () => {
  test('are both sides as they were read', () => {
    const { books, warnings } = closingOf(final, agreeing)
    expect(books.backend).toEqual({
      default: { count: 3, amountCents: 5970 },
      fallback: { count: 1, amountCents: 1990 },
    })
    expect(books.processors.default.count).toBe(3)
    expect(warnings).toEqual([])
  })

  test.each(['backend', 'default', 'fallback'] as const)(
    'count as 0 where %s cannot be read, with a warning',
    side => {
      const { books, warnings } = closingOf(final, { ...agreeing, [side]: missing })
      const own = side === 'backend' ? books.backend.default : books.processors[side]
      expect(own).toMatchObject({ count: 0, amountCents: 0 })
      expect(warnings).toEqual([
        `no summary at the end, counted as 0, from the ${side === 'backend' ? side : `${side} processor`}: ${missing.reason}`,
      ])
    },
  )

  test('name a processor whose fee differs from the schedule', () => {
    const { warnings } = closingOf(final, { ...agreeing, fallback: read(totals(1, 0.08)) })
    expect(warnings).toEqual([
      'the fallback processor charges 0.08, the schedule says 0.1, which the score is by',
    ])
  })

  test('say nothing of the fee of a processor that does not tell it', () => {
    expect(closingOf(final, { ...agreeing, default: read(totals(3)) }).warnings).toEqual([])
  })
})
