import type { decisionOperations } from '@rinha/admin-api'
import type { Coordinator, DecisionEntry } from '@rinha/coordinator'
import type { Handlers } from '@rinha/openapi'
import { printInstant } from '@rinha/payment'
import type { AdminSources } from './handlers.ts'

const limitDefault = 200

export function decisionHandlers({
  coordinator,
}: Pick<AdminSources, 'coordinator'>): Handlers<typeof decisionOperations> {
  return {
    getDecisions: ({ query: { since = 0, limit = limitDefault } }) => {
      const entries = decisionsSince(coordinator, since, limit)
      return { status: 200, body: { entries, lastSeq: coordinator.decisions.lastSeq } }
    },
  }
}

/** Decisions with names and instants as people read them. */
export function decisionsSince(
  { decisions }: Pick<Coordinator, 'decisions'>,
  seq: number,
  limitCount?: number,
) {
  return decisions.since(seq, limitCount).map(printDecision)
}

function printDecision({ seq, atMs, words, decision: { kind, ...data } }: DecisionEntry) {
  return { seq, at: printInstant(Math.floor(atMs)), kind, words, data }
}
