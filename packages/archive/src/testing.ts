import type { ArchivedPayment } from './archive.ts'

/** Payments for tests, different ones for different numbers. */
export function settledPayment(number: number): ArchivedPayment {
  const correlationId = new Uint8Array(16).fill(0xa5)
  new DataView(correlationId.buffer).setUint32(0, number)
  return {
    correlationId,
    amountCents: 1990 + number,
    acceptedAtMs: 1_764_500_000_000 + number,
    state: 'settled',
    processor: 0,
    requestedAtMs: 1_000_000 + Math.floor(number / 3),
    reason: '',
  }
}

export function discardedPayment(number: number): ArchivedPayment {
  return {
    ...settledPayment(number),
    state: 'discarded',
    processor: -1,
    requestedAtMs: 0,
    reason: '422 refused',
  }
}
