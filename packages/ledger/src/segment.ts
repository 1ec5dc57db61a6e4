import { correlationIdBytes, type PaymentColumns, paymentState } from '@rinha/payment'

const { settled, discarded } = paymentState

/** The columns of so many rows. */
export class Segment {
  readonly ids: Uint8Array
  readonly acceptedAtMs: Float64Array
  readonly requestedAtMs: Float64Array
  readonly amountCents: Uint32Array
  readonly states: Uint8Array
  readonly processors: Int8Array
  readonly reasons: Uint8Array

  constructor(rowCount: number) {
    this.ids = new Uint8Array(rowCount * correlationIdBytes)
    this.acceptedAtMs = new Float64Array(rowCount)
    this.requestedAtMs = new Float64Array(rowCount)
    this.amountCents = new Uint32Array(rowCount)
    this.states = new Uint8Array(rowCount)
    this.processors = new Int8Array(rowCount)
    this.reasons = new Uint8Array(rowCount)
  }

  idEquals(slot: number, ids: Uint8Array, offset: number): boolean {
    const own = this.ids
    const at = slot * correlationIdBytes
    for (let index = 0; index < correlationIdBytes; index += 1)
      if (own[at + index] !== ids[offset + index]) return false
    return true
  }

  /** A payment may leave when time past this instant is archived; Infinity where it has not ended. */
  leavesAfterMs(slot: number): number {
    const state = this.states[slot]
    if (state === discarded) return Number.NEGATIVE_INFINITY
    return state === settled ? (this.requestedAtMs[slot] ?? 0) : Number.POSITIVE_INFINITY
  }

  /** Copies all fields of a segment that is not longer. */
  copyFrom(other: Segment): void {
    this.ids.set(other.ids)
    this.acceptedAtMs.set(other.acceptedAtMs)
    this.requestedAtMs.set(other.requestedAtMs)
    this.amountCents.set(other.amountCents)
    this.states.set(other.states)
    this.processors.set(other.processors)
    this.reasons.set(other.reasons)
  }

  /** Copies the fields of one row but its id. */
  setRow(slot: number, from: Segment, fromSlot: number): void {
    this.acceptedAtMs[slot] = from.acceptedAtMs[fromSlot] ?? 0
    this.requestedAtMs[slot] = from.requestedAtMs[fromSlot] ?? 0
    this.amountCents[slot] = from.amountCents[fromSlot] ?? 0
    this.states[slot] = from.states[fromSlot] ?? 0
    this.processors[slot] = from.processors[fromSlot] ?? 0
    this.reasons[slot] = from.reasons[fromSlot] ?? 0
  }

  /** The rows from one slot to before another: views. */
  part(from: number, to: number): PaymentColumns {
    return {
      count: to - from,
      ids: this.ids.subarray(from * correlationIdBytes, to * correlationIdBytes),
      amountCents: this.amountCents.subarray(from, to),
      acceptedAtMs: this.acceptedAtMs.subarray(from, to),
      states: this.states.subarray(from, to),
      processors: this.processors.subarray(from, to),
      requestedAtMs: this.requestedAtMs.subarray(from, to),
      reasons: this.reasons.subarray(from, to),
    }
  }
}
