import { AssertionError } from '@rinha/base'
import type { Fact } from '@rinha/payment'
import { EntryReader } from './entry-codec.ts'
import type { Roster } from './roster.ts'

interface Counts {
  /** Payments since the journal began or was purged last. */
  paymentCount: number
  entryCount: number
}

/**
 * Passes on the facts of a frame whose checksum is right, with this process's indexes of processors. Answers where in the
 * payload the first one is that makes no sense, by itself or to `take`, which may throw an AssertionError.
 */
export function readFacts(
  payload: Uint8Array,
  processors: readonly string[],
  roster: Roster,
  counts: Counts,
  take: (fact: Fact, entryAt: number) => void,
): { readonly at: number; readonly what: string } | undefined {
  const entries = new EntryReader(payload, processors.length, counts.paymentCount)
  try {
    for (let fact = entries.next(); fact !== undefined; fact = entries.next()) {
      take(roster.translateFact(fact, processors), entries.entryAt)
      counts.entryCount += 1
      counts.paymentCount = entries.rowCount
    }
  } catch (error) {
    return { at: entries.entryAt, what: nonsenseWords(error) }
  }
  return entries.problem === undefined
    ? undefined
    : { at: entries.entryAt, what: `it makes no sense: ${entries.problem}` }
}

/** The words of who finds a history contradictory. Any other error is a bug and is rethrown. */
export function nonsenseWords(error: unknown): string {
  if (!(error instanceof AssertionError)) throw error
  return `the history makes no sense: ${error.message}`
}
