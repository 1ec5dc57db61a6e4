import { type Fact, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { Ledger } from './ledger.ts'

/** Facts in few words, and ledgers that have them. */

export function makeLedger(paymentCountMax = 1000, processorCount = 2): Ledger {
  return new Ledger({ processorCount, paymentCountMax, hashSeed: 7 })
}

/** 16 bytes that spell a number. */
export function idOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

export function accepted(numbers: readonly number[], amountCents = 100, acceptedAtMs = 1): Fact {
  const records = new Uint8Array(numbers.length * paymentRecordBytes)
  for (const [index, number] of numbers.entries())
    writePaymentRecord(records, index * paymentRecordBytes, idOf(number), amountCents)
  return { kind: 'accepted', acceptedAtMs, records }
}

export const sent = (row: number, processor: number, requestedAtMs: number): Fact => {
  return { kind: 'sent', row, processor, requestedAtMs }
}
export const settle = (row: number, processor: number, requestedAtMs: number): Fact => {
  return { kind: 'settled', row, processor, requestedAtMs }
}
export const requeued = (row: number, doubt: 'none' | 'refused'): Fact => ({ kind: 'requeued', row, doubt })
export const reject = (row: number, reason = 'no'): Fact => ({ kind: 'rejected', row, reason })
export const confirmed = (row: number, processor: number, requestedAtMs: number): Fact => {
  return { kind: 'confirmed', row, processor, requestedAtMs }
}
export const released = (row: number): Fact => ({ kind: 'released', row })
export const discarded = (row: number): Fact => ({ kind: 'discarded', row })
export const purged: Fact = { kind: 'purged' }

/** A ledger after these facts. */
export function after(...facts: readonly Fact[]): Ledger {
  const ledger = makeLedger()
  for (const fact of facts) ledger.apply(fact)
  return ledger
}

export const rowOf = (ledger: Ledger, row: number) => [
  ledger.state(row),
  ledger.processor(row),
  ledger.requestedAtMs(row),
]
