import type { Result } from '@rinha/base'
import type { PaymentState } from './ledger-image.ts'

/**
 * What a comparison with the processors' books asks of our side: the ledger of one coordinator, or those of all shards
 * together. A processor goes by its name, because two ledgers may number processors differently.
 */
export interface LedgerSource {
  span(params: LedgerSpanParams, answer: LedgerAnswer<LedgerSpan>): void
  sum(params: LedgerSumParams, answer: LedgerAnswer<LedgerSum>): void
  ids(params: LedgerIdsParams, answer: LedgerAnswer<LedgerIds>): void
}

/** Called once, perhaps before the question returns. An error says why nothing can be told, and of which ledger. */
export type LedgerAnswer<Told> = (told: Result<Told, string>) => void

export interface LedgerSpanParams {
  readonly processor: string
}

/** The time of which a ledger knows every payment that the processor may have. */
export interface LedgerSpan {
  /** What was sent from this instant on is in the ledger. */
  readonly fromMs: number
  /** When its first payment was accepted; null without payments. */
  readonly firstMs: number | null
  /** Before the first attempt that may still be recorded, but for those that have been under way for long. */
  readonly toMs: number
}

export interface LedgerSumParams {
  readonly processor: string
  /** Both ends are included. */
  readonly fromMs: number
  readonly toMs: number
  /** Payments whose state is told as well. A ledger tells sum and states of one and the same moment. */
  readonly known: readonly KnownPayment[]
}

export interface KnownPayment {
  readonly correlationId: Uint8Array
  /** Of the processor's record of it; 0 where it has none. */
  readonly recordedAtMs: number
}

export interface LedgerSum {
  readonly count: number
  readonly amountCents: number
  /** An end is within a second of archived time, so the sum is not exact. */
  readonly isCut: boolean
  /** In the order of those that were asked; null for one that the ledger does not have in memory. */
  readonly known: readonly (PaymentNow | null)[]
}

/** A payment as its ledger has it. */
export interface PaymentNow {
  readonly state: PaymentState
  /** The processor that has it, may have it or has refused it. */
  readonly processor: string | null
  readonly amountCents: number
  /** Of the attempt under way, or of the one that was recorded; 0 for none. */
  readonly requestedAtMs: number
  /** Whether an attempt at its processor was made under the instant of the processor's record. */
  readonly wasSentThen: boolean
}

/**
 * - `underWay`: an attempt at the processor, with requestedAt in the window, is under way, or has ended without an answer.
 * - `sentAt`: there is an attempt, at whichever processor, with requestedAt at the end of the window: under way, settled, or refused earlier.
 * - `openAt`: it was accepted by the end of the window and had not settled then, the latest first. It may have been sent under a
 *   requestedAt that the ledger no longer has.
 * - `settled`: it settled at the processor, with requestedAt in the window. They come in the order of acceptance.
 */
export const ledgerIdKinds = ['underWay', 'sentAt', 'openAt', 'settled'] as const

export interface LedgerIdsParams {
  readonly kind: (typeof ledgerIdKinds)[number]
  readonly processor: string
  readonly fromMs: number
  readonly toMs: number
  /** At most {@link ledgerIdCountMax}. */
  readonly countMax: number
  /** `settled` begins here: 0, or what the answer before has named. */
  readonly from: number
}

export interface LedgerIds {
  readonly ids: readonly Uint8Array[]
  /** Of `settled`: where the next answer begins; null at the end. */
  readonly next: number | null
}

/** The most ids in one answer. */
export const ledgerIdCountMax = 1000
/** The most payments whose state is asked together with a sum. A comparison has at most its calls and its list: far fewer. */
export const knownCountMax = 8000
