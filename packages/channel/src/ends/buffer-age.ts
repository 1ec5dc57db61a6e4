import type { Cancel, Timers } from '@rinha/base'
import type { SendBuffer } from '../send-buffer.ts'

/** The age is checked so many times until it reaches its limit, which is its precision. */
const looksPerLimit = 8

/**
 * How long payments have been in the buffer without any acknowledgement. It is over from the limit until the next
 * acknowledgement. If only the count were bounded, a node with few clients could take payments for hours that no
 * coordinator ever gets.
 *
 * It counts checks, not milliseconds, as the heartbeat does. So a process that stood still does not take its own pause
 * for an outage.
 */
export class BufferAge {
  readonly #lookMs: number
  readonly #buffer: SendBuffer
  readonly #timers: Timers
  #acknowledged = 0
  #lookCount = 0
  #cancel: Cancel | undefined

  constructor(ageMsMax: number, buffer: SendBuffer, timers: Timers) {
    this.#lookMs = ageMsMax / looksPerLimit
    this.#buffer = buffer
    this.#timers = timers
  }

  get isOver(): boolean {
    return this.#lookCount >= looksPerLimit
  }

  onOffered(): void {
    if (this.#cancel === undefined) this.#cancel = this.#timers.every(this.#lookMs, () => this.#look())
  }

  onAcknowledged(): void {
    if (this.#buffer.acknowledgedSequence === this.#acknowledged) return
    this.#acknowledged = this.#buffer.acknowledgedSequence
    this.#lookCount = 0
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #look(): void {
    if (this.#buffer.count > 0) this.#lookCount += 1
    else this.stop()
  }
}
