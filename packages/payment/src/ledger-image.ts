import type { NoteTopic } from './fact.ts'
import type { ProcessorTotal } from './status.ts'

/**
 * Where a payment stands, as a byte in a column, in a snapshot and in memory alike.
 * - `queued`: accepted, with no attempt under way that anybody has to ask about. It may be sent anywhere.
 * - `refused`: queued too, but its processor has read it and refused it: E3 of the engine says what that means.
 * - `inFlight`: an attempt is under way, or has ended without us knowing how.
 * - `settled`: a processor recorded it.
 * - `rejected`: no processor will ever take it, and a person has to decide what becomes of it.
 * - `discarded`: rejected too, and a person has given it up.
 */
export const paymentState = {
  queued: 0,
  inFlight: 1,
  settled: 2,
  rejected: 3,
  refused: 4,
  discarded: 5,
} as const
export type PaymentState = (typeof paymentState)[keyof typeof paymentState]

/** The word for each state outside the coordinator. A refused payment is a queued one there. */
export const paymentStateName = {
  [paymentState.queued]: 'queued',
  [paymentState.refused]: 'queued',
  [paymentState.inFlight]: 'inFlight',
  [paymentState.settled]: 'settled',
  [paymentState.rejected]: 'rejected',
  [paymentState.discarded]: 'discarded',
} as const

/** The state that a byte stands for, or undefined. */
export function readPaymentState(code: number | undefined): PaymentState | undefined {
  return code !== undefined && code >= 0 && code <= paymentState.discarded
    ? (code as PaymentState)
    : undefined
}

/** Whether a payment was rejected, whatever a person has decided since. */
export function isRejected(state: number | undefined): boolean {
  return state === paymentState.rejected || state === paymentState.discarded
}

/** Whether a payment is neither settled nor rejected. */
export function isOpen(state: number | undefined): boolean {
  return state !== paymentState.settled && !isRejected(state)
}

/** Processors are numbered in a signed byte, -1 for none. Far more than fees make worth comparing. */
export const processorCountMax = 64

/** Fields of consecutive payments: an element a payment (`ids`: 16 bytes), of which the first `count` are in use. */
export interface PaymentColumns {
  readonly count: number
  readonly ids: Uint8Array
  readonly amountCents: Uint32Array
  /** Wall clock, whole milliseconds. */
  readonly acceptedAtMs: Float64Array
  /** {@link paymentState} */
  readonly states: Uint8Array
  /** Of the attempt under way, of the settlement, or of the refusal; -1 for none. */
  readonly processors: Int8Array
  /** Of the attempt under way or of the settlement; 0 for none. */
  readonly requestedAtMs: Float64Array
  /** Index into the reasons of the image. */
  readonly reasons: Uint8Array
}

/** An attempt that its processor read and refused. */
export interface EarlierAttempt {
  readonly row: number
  readonly processor: number
  readonly requestedAtMs: number
}

/** What settled in some seconds of archived time; ledger/src/archived-sums.ts says what a key is. */
export interface ArchivedSeconds {
  readonly processor: number
  readonly firstKey: number
  /** Of each entry: its key less the first one, ascending, how many, and how much. */
  readonly offsets: Uint16Array
  readonly counts: Uint32Array
  readonly cents: Float64Array
}

/** What a ledger remembers of payments that have left it. */
export interface LedgerPast {
  /** How often it was purged. */
  readonly purgeCount: number
  /** The columns begin with this row. */
  readonly firstRow: number
  /** Settlements before this whole second are in `seconds`, those of rows that are still here included. */
  readonly archivedToMs: number
  /** The amounts of all payments that were ever accepted since the last purge. */
  readonly acceptedCents: number
  /** Payments that have left. */
  readonly discardedCount: number
  readonly settled: readonly (ProcessorTotal & { readonly processor: number })[]
  /** Rows before the first one that are still here, ascending, and their fields. */
  readonly stragglers: { readonly rows: Float64Array; readonly columns: PaymentColumns }
  readonly seconds: readonly ArchivedSeconds[]
}

/** The latest text of a topic. */
export interface Note {
  readonly topic: NoteTopic
  readonly text: string
}

/** The ledger as it is stored: every payment's row, in pieces, and what does not fit into rows. */
export interface LedgerImage {
  /** Absent where nothing was purged and nothing has left. */
  readonly past?: LedgerPast | undefined
  /** Absent where there are none. */
  readonly notes?: readonly Note[] | undefined
  readonly columns: readonly PaymentColumns[]
  /** The reasons that rows refer to. */
  readonly reasons: readonly string[]
  /** Earlier attempts of open payments. Images of the older format have none. */
  readonly earlier: readonly EarlierAttempt[]
}
