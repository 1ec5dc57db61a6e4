import { assert, type Prng } from '@rinha/base'
import { correlationIdBytes, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import type { Spread } from './processor.ts'
import type { World } from './world.ts'

/** From here on the number of users moves in a straight line to the next point; it never falls. */
export interface RampPoint {
  readonly atMs: number
  readonly users: number
}

export interface WorkloadOptions {
  readonly ramp: readonly RampPoint[]
  readonly thinkTimeMs: number
  readonly amountCents: number
  /** The time from a user's request until the coordinator has the payment. */
  readonly arrivalMs: Spread
  /** From a user's request to its answer. Clients are answered before a processor is asked, so processors do not change it. */
  readonly answerMs: Spread
  /** One record of 24 bytes, arrived at the coordinator. The bytes are reused: read or copy them. */
  readonly onPayment: (record: Uint8Array) => void
}

export const usualArrivalMs: Spread = { minMs: 0.3, maxMs: 2 }
export const usualAnswerMs: Spread = { minMs: 0.4, maxMs: 3 }

/**
 * Virtual users in closed loops, as k6's ramping-vus makes them: user n starts when the ramp's line reaches n, posts a
 * payment, waits for the answer, thinks, and goes on until the ramp ends; the iteration under way then is finished.
 * Because answers hang on no processor, the load is the same whatever the policy does with it.
 */
export class Workload {
  readonly #world: World
  readonly #options: WorkloadOptions
  readonly #prng: Prng
  readonly #record = new Uint8Array(paymentRecordBytes)
  readonly #correlationId = new Uint8Array(correlationIdBytes)
  #endMs = 0
  #postedCount = 0
  #lastIterationEndMs = 0

  constructor(world: World, options: WorkloadOptions) {
    assert(options.ramp.length >= 2 && options.ramp[0]?.atMs === 0, 'a ramp has a start, at 0, and an end')
    this.#world = world
    this.#options = options
    this.#prng = world.stream()
  }

  get postedCount(): number {
    return this.#postedCount
  }

  /** When the last iteration so far ends, think time included. */
  get lastIterationEndMs(): number {
    return this.#lastIterationEndMs
  }

  /** Starts the ramp now. */
  start(): void {
    const startMs = this.#world.nowMs
    this.#endMs = startMs + (this.#options.ramp.at(-1)?.atMs ?? 0)
    this.#lastIterationEndMs = this.#endMs
    for (const atMs of userStartsMs(this.#options.ramp)) this.#world.at(startMs + atMs, () => this.#iterate())
  }

  #iterate(): void {
    const nowMs = this.#world.nowMs
    if (nowMs >= this.#endMs) return
    const { arrivalMs, answerMs, thinkTimeMs, amountCents, onPayment } = this.#options
    const nextMs = nowMs + this.#draw(answerMs) + thinkTimeMs
    this.#lastIterationEndMs = Math.max(this.#lastIterationEndMs, nextMs)
    this.#postedCount += 1
    this.#world.at(nextMs, () => this.#iterate())
    this.#world.after(this.#draw(arrivalMs), () => {
      this.#drawCorrelationId()
      writePaymentRecord(this.#record, 0, this.#correlationId, amountCents)
      onPayment(this.#record)
    })
  }

  #drawCorrelationId(): void {
    for (let byte = 0; byte < correlationIdBytes; byte += 4) {
      const bits = this.#prng.uint32()
      this.#correlationId[byte] = bits
      this.#correlationId[byte + 1] = bits >>> 8
      this.#correlationId[byte + 2] = bits >>> 16
      this.#correlationId[byte + 3] = bits >>> 24
    }
  }

  #draw({ minMs, maxMs }: Spread): number {
    return minMs + (maxMs - minMs) * this.#prng.unit()
  }
}

/** When each user starts, first to last. At least one is there from the start, as in k6. */
export function userStartsMs(ramp: readonly RampPoint[]): readonly number[] {
  const starts: number[] = []
  for (let index = 0; index < ramp.length; index += 1) {
    const to = ramp[index]
    const from = ramp[index - 1] ?? to
    assert(from !== undefined && to !== undefined, 'a ramp has points')
    assert(to.users >= from.users && to.atMs >= from.atMs, 'a ramp does not go back')
    const users = Math.max(1, Math.floor(to.users))
    while (starts.length < users) {
      const share = to.users === from.users ? 0 : (starts.length + 1 - from.users) / (to.users - from.users)
      starts.push(from.atMs + (to.atMs - from.atMs) * Math.min(1, Math.max(0, share)))
    }
  }
  return starts
}
