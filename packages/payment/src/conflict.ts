/**
 * Why a payment that came under a known correlationId is not that payment.
 * - `amount`: it has another amount.
 * - `rejected`: that payment was rejected, and posting it again does not resubmit it.
 */
export const conflictKinds = ['amount', 'rejected'] as const
export type ConflictKind = (typeof conflictKinds)[number]

/** `reason`: of the rejection; empty for another amount. */
export interface PaymentConflict {
  readonly kind: ConflictKind
  readonly reason: string
}

/** `index`: of the record, among those that came with it. */
export interface RecordConflict extends PaymentConflict {
  readonly index: number
}
