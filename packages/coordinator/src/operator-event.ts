import { unreachable } from '@rinha/base'
import type { Order, Sending } from '@rinha/engine'
import { printCorrelationId } from '@rinha/payment'
import type { BulkOrder } from './bulk-order.ts'

/**
 * What the coordinator tells whoever operates it: closed, and an entry for each. `state` says where a trouble stands, so
 * that two events of one topic never contradict each other. It holds ids, counts and ages, and no amounts.
 */
export type OperatorEvent =
  /**
   * A lane's circuit. `reason` is the last answer that spoke against the processor, `wayStatus` the status of the last answer to
   * a payment there where that is about the way to it: a health poll can close the circuit all the same.
   */
  | {
      readonly kind: 'circuit'
      readonly state: 'open' | 'closed'
      readonly processor: string
      readonly reason: string | null
      readonly wayStatus?: number
    }
  /** The queue is long or old, by the bounds in operator-watch.ts, and why; or neither any more, after so long. */
  | {
      readonly kind: 'backlog'
      readonly state: 'above' | 'gone'
      readonly queuedCount: number
      readonly oldestQueuedAgeMs: number
      readonly reason?: string
      readonly lastedMs?: number
    }
  /** A payment has been in flight for long, because an attempt whose answer was lost may have recorded it. */
  | {
      readonly kind: 'unknown'
      readonly state: 'old' | 'gone'
      readonly unknownCount: number
      readonly oldestUnknownAgeMs: number
    }
  /** The first payment that is rejected for this reason. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly correlationId: string }
  /** A node had every payment forgotten. */
  | { readonly kind: 'purged'; readonly node: string; readonly forgottenCount: number }
  | { readonly kind: 'node'; readonly state: 'connected' | 'gone'; readonly node: string }
  /** More payments than before wait for a person, or none is left. With the id and reason of the first one. */
  | {
      readonly kind: 'attention'
      readonly state: 'grew' | 'empty'
      readonly attentionCount: number
      readonly correlationId: string | null
      readonly reason: string | null
    }
  /** The ledger may never have room for all that nodes can hold: they refuse what they have no credit for. */
  | {
      readonly kind: 'room'
      readonly state: 'short' | 'there'
      readonly keptCount: number
      readonly acceptedCountMax: number
    }
  /** A new payment would wait longer than QUEUE_WAIT_MS_MAX: nodes refuse it; or would not any more. */
  | { readonly kind: 'admission'; readonly state: 'closed' | 'open'; readonly predictedWaitMs: number }
  /** `setting` says where the journal is. */
  | {
      readonly kind: 'journal'
      readonly state: 'fails' | 'works'
      readonly setting: 'JOURNAL_DIR' | 'LOG_SERVERS'
      readonly reason: string | null
    }
  /** A person's order that was carried out. */
  | {
      readonly kind: 'order'
      readonly order: 'recorded' | 'notRecorded' | BulkOrder['kind']
      readonly correlationId: string
    }
  /** A person's order about many rejected payments that was carried out. */
  | { readonly kind: 'orders'; readonly order: BulkOrder['kind']; readonly changedCount: number }
  /** A person has paused a processor, lets it drain, or has resumed it. */
  | { readonly kind: 'sending'; readonly state: Sending; readonly processor: string }
  /** An earlier coordinator may have sent the payments that arrive now. They are looked up first, until this is over. */
  | { readonly kind: 'predecessor'; readonly state: 'heard' | 'over' }

export function orderedEvent(order: Order): OperatorEvent {
  const correlationId = printCorrelationId(order.correlationId)
  return { kind: 'order', order: order.kind === 'resolve' ? order.ending : order.kind, correlationId }
}

export interface OperatorLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

/** The log level of an event. The end of a problem has the level of its beginning, so that a reader sees both. */
export function operatorLine(event: OperatorEvent): OperatorLine {
  return { level: levels[event.kind] ?? 'warn', message: messageOf(event) }
}

const levels: { readonly [kind in OperatorEvent['kind']]?: OperatorLine['level'] } = {
  node: 'info',
  journal: 'error',
}

/** The key for rate limiting. An event replaces an older one of its topic that was not reported. */
export function topicOf(event: OperatorEvent): string {
  if (event.kind === 'circuit' || event.kind === 'sending') return `${event.kind} ${event.processor}`
  if (event.kind === 'node') return `node ${event.node}`
  return event.kind
}

function messageOf(event: OperatorEvent): string {
  switch (event.kind) {
    case 'circuit':
      if (event.state === 'open') return 'circuit opened: the processor gets canaries and no other payments'
      if (event.wayStatus !== undefined)
        return `circuit closed: payments are tried again, but the last one was answered ${event.wayStatus} (wrong address or token?)`
      return 'circuit closed: payments flow to the processor again'
    case 'backlog':
      return event.state === 'above' ? 'backlog: payments wait in the queue' : 'backlog gone'
    case 'unknown':
      if (event.state === 'old')
        return 'payments have an unknown outcome for long: their processor does not say whether it has them'
      return 'no payment has an unknown outcome for long any more'
    case 'rejected':
      return 'payment rejected, the first for this reason'
    case 'purged':
      return 'purged: every payment is forgotten'
    case 'node':
      return `node ${event.state}`
    case 'attention':
      if (event.state === 'empty') return 'no payment waits for a person any more'
      return 'payments wait for a person: GET /queue-status lists them in attention'
    case 'room':
      if (event.state === 'there') return 'the ledger has room again'
      return 'the ledger is nearly full (PAYMENT_COUNT_MAX): API nodes refuse payments that it may have no room for'
    case 'admission':
      if (event.state === 'open') return 'new payments are accepted again'
      return 'the queue is too long (QUEUE_WAIT_MS_MAX): nodes answer new payments 503'
    case 'journal':
      if (event.state === 'works')
        return 'the journal can be written again: waiting payments become durable now'
      return `the journal in ${event.setting} cannot be written: nothing becomes durable until it can be; the coordinator tries again each second`
    case 'order':
      return 'a person has decided about a payment'
    case 'orders':
      return 'a person has decided about rejected payments'
    case 'sending':
      return sendingMessages[event.state]
    case 'predecessor':
      if (event.state === 'over') return 'payments are sent without a look-up again'
      return 'an earlier coordinator may have sent payments: each new one is looked up before it is sent'
    default:
      return unreachable(event)
  }
}

const sendingMessages: { readonly [state in Sending]: string } = {
  on: 'resumed: payments are sent to the processor again',
  draining: 'draining: the processor gets no new payments',
  paused: 'paused: nothing is sent to the processor',
}
