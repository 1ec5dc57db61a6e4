import { describe, expect, test } from 'vitest'
import type { Posted } from '../posted.ts'
import { blamed, Facts } from '../testing.ts'
import { SumChecker } from './sum-checker.ts'

type Ledgers = Parameters<SumChecker['finish']>[0]

/** A checker, and three payments that a processor has recorded, a second after another. */
function checking(clockErrorMsMax = 0) {
  const facts = new Facts({ clockErrorMsMax })
  const sums = new SumChecker(facts)
  const fromMs = facts.atMs
  const payments = [0, 1000, 2000].map(afterMs => {
    const payment = facts.post()
    facts.record(payment, 0, { requestedAtMs: fromMs + afterMs })
    return payment
  })
  const window = { fromMs, toMs: fromMs + 1000 }
  const none = { count: 0, amountCents: 0 }
  const totals = (counted: readonly Posted[]) => [
    { count: counted.length, amountCents: counted.reduce((sum, { amountCents }) => sum + amountCents, 0) },
    none,
  ]
  const [first, second, third] = payments as [Posted, Posted, Posted]
  const right = totals([first, second])
  const answer = (given = right, upToMs: number | null = window.toMs, asked = window) =>
    blamed(() => sums.onAnswered(asked, given, upToMs))
  const finish = (...ledgers: readonly ReturnType<typeof totals>[]) =>
    blamed(() =>
      sums.finish(
        ledgers.map(summary => ({ summary: () => summary, cutEnd: () => undefined })) as unknown as Ledgers,
      ),
    )
  return { facts, sums, first, second, third, window, totals, right, answer, finish }
}

describe('a sum over all shards that is final', () => {
  test('equals the processors’ books', () => {
    const { answer, first, totals, window, facts } = checking()
    expect([answer(), facts.tally.finalSums]).toEqual(['nothing', 1])
    expect(answer(totals([first]))).toMatch(
      /^window: .* over all shards is final with 1 .* at processor 0, and the processors have 2/,
    )
    expect(answer(totals([first]), window.toMs - 1)).toBe('nothing')
    expect(answer(totals([first]), null)).toBe('nothing')
  })

  test('never changes, neither in the books nor in a later answer', () => {
    const { answer, facts, finish, right, window } = checking()
    answer()
    expect(finish(right)).toBe('nothing')
    facts.record(facts.post(), 0, { requestedAtMs: window.toMs })
    expect(finish(right)).toContain('the processors have 3')
    expect(answer()).toContain('the processors have 3')
  })

  test('is what the ledgers of all shards add up to in the end', () => {
    const { answer, finish, first, second, totals } = checking()
    answer()
    expect(finish(totals([first]), totals([second]))).toBe('nothing')
    expect(finish(totals([first]), totals([]))).toContain('all ledgers together have 1')
  })

  test.each<[string, (of: ReturnType<typeof checking>) => unknown]>([
    ['its shard has forgotten a payment of it', ({ first }) => Object.assign(first, { forgotten: true })],
    ['a second processor may have one', ({ second }) => Object.assign(second, { excused: true })],
    ['a person has ended one', ({ second }) => Object.assign(second, { resolved: true })],
  ])('is not compared where %s', (_, excuse) => {
    const its = checking()
    excuse(its)
    expect(its.answer(its.totals([]))).toBe('nothing')
    expect(its.sums.final).toEqual([])
  })

  test('is compared although a payment outside of it is forgotten, but not where clocks are set', () => {
    const { answer, third, totals } = checking()
    third.forgotten = true
    expect(answer(totals([]))).toContain('is final with 0')
    const set = checking(100)
    expect(set.answer(set.totals([]))).toBe('nothing')
  })
})
