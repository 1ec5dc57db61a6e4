import type { AnswerOf } from '@rinha/admin-api'
import { lasting, money } from './units.ts'

export type Payment = AnswerOf<'getPayment'>
type Entry = NonNullable<Payment['timeLine']>['entries'][number]

/** The state of a payment in words. */
export function stateWords(payment: Payment): string {
  const amount = money(payment.amountCents)
  switch (payment.state) {
    case 'queued':
      return `${amount}, queued`
    case 'inFlight':
      return `${amount}, in flight at ${payment.processor} since ${instantWords(payment.requestedAt)}`
    case 'settled':
      return `${amount}, settled at ${payment.processor} with requestedAt ${instantWords(payment.requestedAt)}`
    case 'rejected':
    case 'discarded':
      return `${amount}, ${payment.state}: ${payment.reason}`
  }
}

/** The time line of a payment, oldest entry first, each with its instant. */
export function historyWords(payment: Payment): readonly (readonly [at: string, words: string])[] {
  const { acceptedAt, timeLine } = payment
  let attemptCount = 0
  const entries = (timeLine?.entries ?? []).map(entry => {
    if (entry.what === 'attempt') attemptCount += 1
    return [entry.at, entryWords(entry, attemptCount)] as const
  })
  const accepted = acceptedAt === undefined ? [] : [[acceptedAt, 'accepted'] as const]
  const endedAt = timeLine?.entries.at(-1)?.endedAt
  const isEnd = payment.state === 'settled' && endedAt != null
  return [...accepted, ...entries, ...(isEnd ? [[endedAt, `settled at ${payment.processor}`] as const] : [])]
}

function entryWords(entry: Entry, attemptCount: number): string {
  const { what, processor, requestedAt, at, endedAt, outcome, reason } = entry
  const ended =
    endedAt === null
      ? 'under way'
      : `${lasting(Date.parse(endedAt) - Date.parse(at))} → ${outcome}${reason === null ? '' : ` (${reason})`}`
  switch (what) {
    case 'attempt':
      return `attempt ${attemptCount} at ${processor} … ${ended}`
    case 'lookUp':
      return `look-up at ${processor} … ${ended}`
    case 'confirmed':
      return `a person has said that ${processor} recorded it, with requestedAt ${instantWords(requestedAt ?? at)}`
    case 'released':
      return 'a person has put it back in the queue'
    case 'discarded':
      return 'a person has given it up'
  }
}

export const instantWords = (at: string) => `${at.slice(0, 23).replace('T', ' ').replace('Z', '')} UTC`
