import type { PaymentStatus } from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import { BooksChecker } from './books-checker.ts'
import type { PaymentKind } from './posted.ts'
import { blamed, Facts } from './testing.ts'

interface Case {
  readonly kind?: PaymentKind
  /** The payment that the processor was sent, if it differs from the ledger's. */
  readonly recorded?: { readonly amountCents?: number; readonly requestedAtMs?: number } | 'never'
  readonly recordedBy?: number
  readonly told: (amountCents: number, requestedAtMs: number) => PaymentStatus
}

function verify({ kind = 'ordinary', recorded = {}, recordedBy = 0, told }: Case): string {
  const facts = new Facts()
  const checker = new BooksChecker(facts)
  const payment = facts.post(kind)
  if (recorded !== 'never') facts.record(payment, recordedBy, recorded)
  checker.scan()
  facts.engine.tell(payment, told(payment.amountCents, facts.atMs))
  const words = blamed(() => checker.verify(payment, facts.engine))
  return words === 'nothing' && payment.ended ? 'ended' : words.replace(/payment \d+/, 'it')
}

const settled = (amountCents: number, requestedAtMs: number): PaymentStatus => ({
  state: 'settled',
  amountCents,
  processor: 0,
  requestedAtMs,
})
const rejected = (amountCents: number): PaymentStatus => ({ state: 'rejected', amountCents, reason: 'no' })

describe('the ledger’s record of one payment', () => {
  const cases: readonly (readonly [string, Case, string])[] = [
    ['settled, and it is', { told: settled }, 'ended'],
    ['queued', { told: amountCents => ({ state: 'queued', amountCents }) }, 'nothing'],
    [
      'settled where nobody has it',
      { recorded: 'never', told: settled },
      'once: it is settled but processor 0 does not have it',
    ],
    [
      'settled at another processor',
      { recordedBy: 1, told: settled },
      'once: it is settled but processor 0 does not have it',
    ],
    [
      'settled by a processor that there is none of',
      { told: (cents, atMs) => ({ ...settled(cents, atMs), processor: 7 }) as PaymentStatus },
      'once: it is settled but processor 7 does not have it',
    ],
    [
      'settled a millisecond off',
      { told: (cents, atMs) => settled(cents, atMs + 1) },
      "once: it is settled under another requestedAt than the processor's",
    ],
    [
      'settled a cent off',
      { told: (cents, atMs) => settled(cents + 1, atMs) },
      "once: it is settled with another amount than the processor's",
    ],
    ['rejected without a cause', { recorded: 'never', told: rejected }, 'once: it is rejected: no'],
    ['rejected as it had to be', { kind: 'poison', recorded: 'never', told: rejected }, 'ended'],
    ['rejected and recorded', { kind: 'poison', told: rejected }, 'once: it is rejected and recorded'],
    ['rejected because its id was taken', { kind: 'foreign', told: rejected }, 'ended'],
  ]
  test.each(cases)('%s', (_, wrong, words) => {
    expect(verify(wrong)).toBe(words)
  })
})

describe('the processors’ records', () => {
  test('are right with each payment once at any processor, and each row is read once', () => {
    const facts = new Facts()
    const checker = new BooksChecker(facts)
    const [one, other] = [facts.post(), facts.post()]
    facts.record(one, 0)
    facts.record(other, 1)
    checker.scan()
    expect([one.recordedBy, other.recordedBy]).toEqual([0, 1])
    one.recordedBy = -1
    checker.scan()
    expect(one.recordedBy).toBe(-1)
  })

  test('a payment at two processors is charged twice, however far apart', () => {
    const facts = new Facts()
    const checker = new BooksChecker(facts)
    const payment = facts.post()
    facts.record(payment, 0)
    checker.scan()
    facts.record(payment, 1)
    expect(blamed(() => checker.scan())).toBe(`once: payment ${payment.number} is recorded at two processors`)
  })

  test('with another amount than was posted are reported as changed on the way', () => {
    const facts = new Facts()
    const payment = facts.post()
    facts.record(payment, 0, { amountCents: payment.amountCents + 1 })
    expect(blamed(() => new BooksChecker(facts).scan())).toBe(
      `conservation: payment ${payment.number} is recorded with another amount`,
    )
  })

  test('of a payment that a coordinator has forgotten may have another amount, but not at two processors', () => {
    const facts = new Facts()
    const checker = new BooksChecker(facts)
    const payment = Object.assign(facts.post(), { forgotten: true })
    facts.record(payment, 0, { amountCents: 1 })
    expect(blamed(() => checker.scan())).toBe('nothing')
    facts.record(payment, 1)
    expect(blamed(() => checker.scan())).toBe(`once: payment ${payment.number} is recorded at two processors`)
  })

  test.each([
    ['foreign', (facts: Facts) => facts.post('foreign')],
    ['excused', (facts: Facts) => Object.assign(facts.post(), { forgotten: true, excused: true })],
  ] as const)('nothing is promised for a payment that is %s', (_, create) => {
    const facts = new Facts()
    const payment = create(facts)
    for (const processor of [0, 1]) facts.record(payment, processor, { amountCents: 1 })
    expect(blamed(() => new BooksChecker(facts).scan())).toBe('nothing')
  })
})
