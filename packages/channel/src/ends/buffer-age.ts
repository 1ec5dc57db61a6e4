import type { Cancel, Timers } from '@rinha/base'
import type { SendBuffer } from '../send-buffer.ts'

/** An age is looked at so many times while it grows to its limit: it is exact to a part of this. */
const looksPerLimit = 8

/**
 * How long payments have been in the buffer with no acknowledgement of any: over, from the limit on, until there is one.
 * A buffer that is bounded by count alone would, where few come, take payments for hours that nobody may ever see.
 *
 * It counts looks, not milliseconds, like the heartbeat: a process that stood still does not take that for an outage.
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
