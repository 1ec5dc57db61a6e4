import { type OperatorEvent, operatorLine } from './operator-event.ts'

/**
 * Decisions about sending and their reasons, for `GET /decisions`. The events that an operator finds in the log (circuits,
 * backlog, orders of a person, …) are decisions, too. The other kinds are shown only here.
 */
export type Decision =
  | OperatorEvent
  /** Most payments go to another processor than before; null for the first. */
  | { readonly kind: 'lane'; readonly from: string | null; readonly to: string; readonly reason: string }
  /** Payments wait, and none is sent but canaries; or they flow again. */
  | {
      readonly kind: 'holding'
      readonly state: 'began' | 'ended'
      readonly reason: string
      readonly queuedCount: number
      readonly oldestQueuedAgeMs: number
    }
  /** A processor gets no payments for a reason other than its circuit, or gets them again. */
  | {
      readonly kind: 'usable'
      readonly state: 'yes' | 'no'
      readonly processor: string
      readonly reason: string
    }
  /** A processor has answered 429 (or had no time for a payment), so fewer payments are sent to it at a time. */
  | {
      readonly kind: 'limit'
      readonly processor: string
      readonly limitCount: number
      readonly beforeCount: number
      readonly pushedBackCount: number
    }
  /** The first canary since the circuit opened. */
  | { readonly kind: 'canary'; readonly processor: string }
  | { readonly kind: 'lastResort'; readonly state: 'began' | 'ended' }
  /** The audit guard protects nothing any more: audited books have very likely differed. A purge renews it. */
  | { readonly kind: 'guard'; readonly state: 'on' | 'off' }

/** The decision as one sentence for a person. */
export function decisionWords(decision: Decision): string {
  switch (decision.kind) {
    case 'lane':
      return `payments go to ${decision.to}: ${decision.reason}`
    case 'holding':
      return decision.state === 'began'
        ? `payments are held: ${decision.reason}`
        : 'payments are not held any more'
    case 'usable':
      return decision.state === 'yes'
        ? `${decision.processor} is usable again`
        : `${decision.processor} is refused payments: ${decision.reason}`
    case 'limit':
      return `${decision.processor} gets ${decision.limitCount} payments at a time, before ${decision.beforeCount}: it answered that this is too much`
    case 'canary':
      return `${decision.processor} gets a canary: one payment, to see whether it works`
    case 'lastResort':
      return decision.state === 'began'
        ? 'nothing was recorded for a minute: each processor gets canaries, whatever speaks against it'
        : 'payments are recorded again: the last resort is over'
    case 'guard':
      return decision.state === 'off'
        ? 'the audit guard is off: late payments have left nothing to protect'
        : 'the audit guard is on'
    default:
      return eventWords(decision)
  }
}

function eventWords(event: OperatorEvent): string {
  const { message } = operatorLine(event)
  switch (event.kind) {
    case 'circuit':
      return event.state === 'open'
        ? `${event.processor}: ${message}${event.reason === null ? '' : ` (${event.reason})`}`
        : `${event.processor}: ${message}`
    case 'backlog':
      return event.state === 'above' ? `${message}: ${event.reason}` : message
    case 'rejected':
      return `${message}: ${event.reason}`
    case 'node':
      return `${message}: ${event.node}`
    default:
      return message
  }
}
