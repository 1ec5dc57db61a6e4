import type { Cancel, Timers } from '@rinha/base'
import type { SendBuffer } from '../send-buffer.ts'

/** How often the age is checked before it can reach its limit: the age is known to an eighth of the limit. */
const looksPerLimit = 8
/** The precision of a payment's time of arrival. */
const markMs = 50

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
  readonly #nowMs: () => number
  /** When payments came: the first of each {@link markMs} that is still here, or was the last to come before one that is. */
  #marks: { readonly sequence: number; readonly atMs: number }[] = []
  #acknowledged = 0
  #lookCount = 0
  #cancel: Cancel | undefined

  constructor(
    ageMsMax: number,
    buffer: SendBuffer,
    ports: { readonly timers: Timers; readonly nowMs: () => number },
  ) {
    this.#lookMs = ageMsMax / looksPerLimit
    this.#buffer = buffer
    this.#timers = ports.timers
    this.#nowMs = ports.nowMs
  }

  get isOver(): boolean {
    return this.#lookCount >= looksPerLimit
  }

  /** How long the oldest payment has been here; 0 where there is none. Only a metric: it decides nothing. */
  get oldestMs(): number {
    const [oldest] = this.#marks
    return this.#buffer.count === 0 || oldest === undefined ? 0 : this.#nowMs() - oldest.atMs
  }

  onOffered(): void {
    const atMs = this.#nowMs()
    const latest = this.#marks.at(-1)
    if (latest === undefined || atMs - latest.atMs >= markMs)
      this.#marks.push({ sequence: this.#buffer.lastSequence, atMs })
    if (this.#cancel === undefined) this.#cancel = this.#timers.every(this.#lookMs, () => this.#look())
  }

  onAcknowledged(): void {
    if (this.#buffer.acknowledgedSequence === this.#acknowledged) return
    this.#acknowledged = this.#buffer.acknowledgedSequence
    this.#lookCount = 0
    if (this.#buffer.count === 0) this.#marks = []
    else while ((this.#marks[1]?.sequence ?? Infinity) <= this.#acknowledged + 1) this.#marks.shift()
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
