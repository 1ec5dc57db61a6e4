import type { Cancel, Result } from '@rinha/base'
import type {
  LedgerIds,
  LedgerIdsParams,
  LedgerSpan,
  LedgerSpanParams,
  LedgerSum,
  LedgerSumParams,
  PaymentConflict,
  RecordConflict,
} from '@rinha/payment'
import type { KeptBy } from './messages.ts'

/**
 * What the two ends of the channel offer to their process. The sockets behind it are in `tcp/`; what travels is in
 * docs/channel.md.
 */

/** The requests that an API node makes: the parameters and the result of each. */
export interface ChannelRequests {
  /** Totals of what settled with requestedAt in [fromMs, toMs], both ends included; null is an open end. */
  readonly summary: {
    readonly params: { readonly fromMs: number | null; readonly toMs: number | null }
    readonly result: Summary
  }
  readonly status: { readonly params: { readonly correlationId: Uint8Array }; readonly result: PaymentReport }
  /**
   * The status of a payment once it has ended (settled, rejected, or forgotten by a purge), or its present status after
   * `waitMs`.
   */
  readonly ending: {
    readonly params: { readonly correlationId: Uint8Array; readonly waitMs: number }
    readonly result: PaymentReport
  }
  /**
   * What the latest polls have said of processors, without those whose latest poll said nothing. Other coordinators ask: a processor may be
   * polled once in so many seconds, by all together.
   */
  readonly health: {
    readonly params: Readonly<Record<never, never>>
    readonly result: readonly ProcessorHealth[]
  }
  /**
   * What the ledger of the coordinator has (LedgerSource). The coordinator of another shard asks, which compares the ledgers
   * of all with the processors' books.
   */
  readonly ledgerSpan: { readonly params: LedgerSpanParams; readonly result: LedgerSpan }
  readonly ledgerSum: { readonly params: LedgerSumParams; readonly result: LedgerSum }
  readonly ledgerIds: { readonly params: LedgerIdsParams; readonly result: LedgerIds }
  /** Forgets every payment. */
  readonly purge: {
    readonly params: Readonly<Record<never, never>>
    readonly result: { readonly purged: true }
  }
}

export type ChannelRequestKind = keyof ChannelRequests

export interface Summary {
  readonly totals: readonly ProcessorSummary[]
  /**
   * Every payment that the coordinator ever books under a requestedAt at or before this instant is in its sums now. null: it cannot
   * say.
   */
  readonly completeUpToMs: number | null
}

/** The answer of a processor's health endpoint. */
export interface ProcessorHealth {
  readonly processor: string
  readonly failing: boolean
  readonly minResponseTimeMs: number
  /** How long ago it answered. */
  readonly ageMs: number
}

/** One processor's part of a summary. The order is that of the coordinator's configuration. */
export interface ProcessorSummary {
  readonly processor: string
  readonly count: number
  readonly amountCents: number
}

/** The coordinator's record of one payment. */
export type PaymentReport =
  | { readonly state: 'absent' }
  | { readonly state: 'queued'; readonly amountCents: number }
  | {
      readonly state: 'inFlight'
      readonly amountCents: number
      readonly processor: string
      readonly requestedAtMs: number
    }
  | {
      readonly state: 'settled'
      readonly amountCents: number
      readonly processor: string
      readonly requestedAtMs: number
      /** It has left memory, and is in the archive. */
      readonly isArchived?: true
    }
  | {
      readonly state: 'rejected'
      readonly amountCents: number
      readonly reason: string
      readonly isArchived?: true
    }

/** Why a request got no result. `unavailable`: no coordinator at the other end, or it did not answer in time. */
export interface ChannelRequestProblem {
  readonly kind: 'unavailable' | 'refused'
  readonly reason: string
}

/**
 * The coordinator has every payment through the first sequence number in memory, and through the second in its journal. The
 * second is at most the first, and 0 without a journal. Neither ever falls as long as this node lives.
 */
export type AcknowledgementListener = (queuedSequence: number, journaledSequence: number) => void

/** The payment with this sequence number was not taken. It may be reported twice if the connection is lost. */
export type ConflictListener = (sequence: number, conflict: PaymentConflict) => void

/** The result of a request. */
export type ChannelAnswer<Kind extends ChannelRequestKind> = Result<
  ChannelRequests[Kind]['result'],
  ChannelRequestProblem
>

/** Frames, and bytes, that an end has written and read. What was written may still be on its way. */
export interface ChannelTraffic {
  readonly sentCount: number
  readonly sentBytes: number
  readonly receivedCount: number
  readonly receivedBytes: number
}

/** The API node's end. All calls are synchronous: one order of events. */
export interface ChannelClient {
  /** True from the coordinator's welcome until the connection is lost. */
  readonly connected: boolean
  /** Payments taken and not yet acknowledged by the coordinator. */
  readonly unacknowledgedCount: number
  /** How long the oldest of them has been here, to a twentieth of a second; 0 where there is none. */
  readonly oldestUnacknowledgedAgeMs: number
  /** The traffic of all connections so far. */
  readonly traffic: ChannelTraffic
  /**
   * Whether the latest coordinator is short of room. Then the node takes only as many payments as its window allows.
   */
  readonly roomShort: boolean
  /**
   * If not 0, the queue of the connected coordinator is too long: a payment that is new to it should be posted again after
   * so many seconds. The coordinator still takes payments that are offered.
   */
  readonly retryAfterSeconds: number
  /** Where the coordinator connected last keeps what it acknowledges; `undefined` before the first. */
  readonly keptBy: KeptBy | undefined
  /**
   * Takes a payment (the id is copied) and sends it with the other payments of this turn of the event loop; it is kept
   * until the coordinator acknowledges it and sent again after a reconnect. Answers its sequence number; `undefined`: the
   * buffer is full, or its payments too old, or the coordinator short of room, and nothing was taken. `isAwaited`: a client
   * waits for its acknowledgement; the others come within a tenth of a second, together.
   */
  offerPayment(correlationId: Uint8Array, amountCents: number, isAwaited?: boolean): number | undefined
  /**
   * Writes now what would be sent at the end of the turn, as far as there is a connection and a window. What is written is
   * the kernel's to deliver: it arrives even where this process is killed the next moment.
   */
  flush(): void
  /** Registers the listener for conflicts. Each conflict comes before the acknowledgement that covers it. Called once. */
  onConflict(listener: ConflictListener): void
  /** Registers the listener for acknowledgements. Called once. */
  onAcknowledged(listener: AcknowledgementListener): void
  /** Whether a payment was taken and is not yet acknowledged. Looks through the whole buffer: not for the hot path. */
  holdsPayment(correlationId: Uint8Array): boolean
  /**
   * `answer` is called once: before this returns where nothing can be asked, later otherwise; and not at all once what this
   * returns was called.
   */
  request<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    answer: (answer: ChannelAnswer<Kind>) => void,
  ): Cancel
  /** Takes nothing more, and is done when all is acknowledged or `drainMsMax` have passed, and the link is closed. */
  close(drainMsMax: number, onDone: () => void): void
}

/** Takes the result of a request, or why the coordinator refuses it. */
export type RequestAnswer<Kind extends ChannelRequestKind> = (
  result: Result<ChannelRequests[Kind]['result'], string>,
) => void

/** The leadership under which a coordinator serves. */
export interface Term {
  readonly epoch: number
  /** Whether more than one machine has what is in the journal. */
  readonly isReplicated: boolean
}

/** What the coordinator gives its end of the channel. All calls are synchronous: one order of events. */
export interface ChannelHandlers {
  /** How many more payments can be taken; decides the window that API nodes are given. */
  roomCount(): number
  /** The same, without temporary failures: payments beyond this number can never be taken. */
  lastingRoomCount(): number
  /** If not 0, the queue is too long: new payments should be posted again after so many seconds. */
  retryAfterSeconds?(): number
  /** A node that connects was welcomed by another coordinator before this one. */
  onPredecessor?(): void
  /** Whole records, oldest first, valid only during the call. Answers which of them are not the payment whose id they have. */
  onPayments(records: Uint8Array, count: number): readonly RecordConflict[]
  /**
   * Runs it once all payments handed over so far are in the journal: then a node may forget them. Where this is missing
   * there is no journal, and a node may forget what the coordinator has in memory.
   */
  readonly whenJournaled?: (run: () => void) => void
  /** Of a coordinator whose journal is in a replicated log. */
  readonly term?: Term | undefined
  /**
   * `node` is the name of the node that asks. `answer` is called once, before this returns or later; in the second case what
   * this returns says that nobody waits for it any more.
   */
  onRequest<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    node: string,
    answer: RequestAnswer<Kind>,
  ): Cancel | undefined
}

/** What the nodes of one name have to do with the coordinator. */
interface NodeLoad {
  readonly node: string
  /** How many payments they may send before they are told of more room. */
  readonly creditCount: number
  /** The traffic of their present connections. */
  readonly traffic: ChannelTraffic
}

/** The coordinator's end. */
export interface ChannelServer {
  readonly port: number
  /** The API nodes connected now, by the name each gave. */
  readonly nodes: readonly string[]
  /** Each of them once, whatever number of nodes share a name. */
  readonly nodeLoads: readonly NodeLoad[]
  /** Whether the coordinator may never have room for all payments that the nodes can hold. */
  readonly roomShort: boolean
  /** Nodes are taken in from now on. Only where there were no handlers before: a standby begins to lead. */
  serve(handlers: ChannelHandlers): void
  /** Tells the nodes of room that has come back, and of a queue that has got too long or has not. */
  refreshWindows(): void
  /** Says goodbye to every node, stops listening, and resolves when no connection is left. */
  close(): Promise<void>
}
