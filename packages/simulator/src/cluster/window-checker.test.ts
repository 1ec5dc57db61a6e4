import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import type { Posted } from './posted.ts'
import { blamed, Facts } from './testing.ts'
import { WindowChecker } from './window-checker.ts'

/** Ten payments, a second apart, at two processors in turn; the ledger says what the books say. */
function tenPayments() {
  const facts = new Facts()
  const startMs = facts.atMs
  const payments: Posted[] = []
  for (let number = 0; number < 10; number += 1) {
    const payment = facts.post()
    facts.record(payment, number % 2, { requestedAtMs: startMs + 1000 * number })
    payments.push(payment)
  }
  const honest = (fromMs: number | null, toMs: number | null) =>
    facts.processors.map(({ books }) => books.sum(fromMs ?? 0, toMs ?? Number.POSITIVE_INFINITY))
  facts.engine.totals = honest
  const checker = new WindowChecker(facts, new Prng(1))
  const look = (open: readonly Posted[] = [], sinceMs = 0) =>
    blamed(() => {
      for (let count = 0; count < 50; count += 1) checker.check(facts.engine, [open, []], sinceMs)
    })
  return { facts, startMs, payments, honest, checker, look }
}

test('when the ledger agrees with the books, there is no complaint in windows of any length', () => {
  const { facts, startMs, honest, look, checker } = tenPayments()
  const lengths = new Set<number>()
  facts.engine.totals = (fromMs, toMs) => {
    expect(fromMs).toBeGreaterThanOrEqual(startMs)
    lengths.add(Number(toMs) - Number(fromMs))
    return honest(fromMs, toMs)
  }
  expect(look()).toBe('nothing')
  expect(facts.tally.windows).toBeGreaterThan(100)
  expect(lengths.size).toBe(10)
  facts.engine.totals = honest
  expect(blamed(() => checker.finish(facts.engine))).toBe('nothing')
})

test('a ledger that has one payment too few, or a cent too many, is found', () => {
  const { facts, honest, look } = tenPayments()
  facts.engine.totals = (fromMs, toMs) => honest(fromMs, toMs).map(sum => ({ ...sum, count: sum.count - 1 }))
  expect(look()).toMatch(/^window: \[\d+, \d+\]: processor \d has \d+ /)
  facts.engine.totals = (fromMs, toMs) => {
    const [one, other = { count: 0, amountCents: 0 }] = honest(fromMs, toMs)
    return [one ?? other, { ...other, amountCents: other.amountCents + 1 }]
  }
  expect(look()).toMatch(/^window: .*: processor 1 has/)
})

test('a ledger that leaves out the edge of a window is found', () => {
  const { facts, honest, look } = tenPayments()
  facts.engine.totals = (fromMs, toMs) => honest(fromMs, Number(toMs) - 1)
  expect(look()).toMatch(/^window: /)
})

test('a window ends before the first attempt of a payment whose fate is open', () => {
  const { facts, startMs, payments, honest, look } = tenPayments()
  const ends: number[] = []
  facts.engine.totals = (fromMs, toMs) => {
    ends.push(Number(toMs))
    return honest(fromMs, toMs)
  }
  look(payments.slice(6, 7))
  const across = ends.filter(endMs => endMs >= startMs + 6000 && endMs < startMs + 7000)
  expect(across).toEqual([])
  expect(ends).toContain(startMs + 5999)
})

test('payments from before a coordinator forgot are not compared', () => {
  const { facts, startMs, look } = tenPayments()
  facts.engine.totals = () => []
  expect(look([], startMs + 9000)).toBe('nothing')
  expect(look([], startMs + 8999)).toMatch(/^window: /)
})

test('at the end all is compared, from the beginning and without an end', () => {
  const { facts, checker, honest } = tenPayments()
  facts.engine.totals = (fromMs, toMs) => {
    expect(toMs).toBeNull()
    return honest(fromMs, toMs).map(sum => ({ ...sum, count: sum.count + 1 }))
  }
  expect(blamed(() => checker.finish(facts.engine))).toMatch(/processor 0 has 5 .*the ledger 6/)
})
