import type { Time } from '@rinha/base'
import { clockSpanCountMax, clockStepMsMin } from './limits.ts'

interface Span {
  /** Monotonic. */
  readonly fromMs: number
  /** Rows from here on were accepted in it. */
  fromRow: number
  /** What the wall clock shows less the monotonic clock. */
  readonly offsetMs: number
}

/**
 * How the wall clock ran beside the monotonic one. A payment's time of acceptance is the wall clock's, which may be set forward
 * and back. A span lasts as long as the two clocks run alike, so rows have an age by the monotonic clock. Rows from before the
 * start count as of the first span.
 *
 * A machine that was suspended looks like one whose clock was set forward. That is no harm: what counts as younger leaves later.
 */
export class ClockSpans {
  /** Oldest first. */
  readonly #spans: Span[]

  constructor({ nowMs, wallMs }: Time) {
    this.#spans = [{ fromMs: Number.NEGATIVE_INFINITY, fromRow: 0, offsetMs: wallMs - nowMs }]
  }

  /** Called before rows are accepted: the next row has this number. */
  look({ nowMs, wallMs }: Time, nextRow: number): void {
    const offsetMs = wallMs - nowMs
    const last = this.#spans.at(-1) as Span
    // After a purge rows are numbered anew.
    if (nextRow < last.fromRow) for (const span of this.#spans) span.fromRow = 0
    if (Math.abs(offsetMs - last.offsetMs) < clockStepMsMin) return
    this.#spans.push({ fromMs: nowMs, fromRow: nextRow, offsetMs })
    if (this.#spans.length > clockSpanCountMax) this.#mergeOldest()
  }

  /** When a row was accepted, by the monotonic clock. */
  acceptedMs(row: number, acceptedAtMs: number): number {
    const span = this.#spans.findLast(({ fromRow }) => fromRow <= row)
    return acceptedAtMs - (span?.offsetMs ?? 0)
  }

  /**
   * The whole second of the wall clock before which all seconds were over at an instant of the monotonic clock. The last second of
   * a span is over with the span.
   */
  secondsOverMs(nowMs: number): number {
    let overMs = 0
    for (const [index, { fromMs, offsetMs }] of this.#spans.entries()) {
      if (fromMs > nowMs) break
      const endMs = this.#spans[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY
      const count =
        endMs > nowMs ? Math.floor((nowMs + offsetMs) / 1000) : Math.floor((endMs + offsetMs) / 1000) + 1
      overMs = Math.max(overMs, count * 1000)
    }
    return overMs
  }

  /** With the lesser offset, so that nothing counts as older than it is. */
  #mergeOldest(): void {
    const [first, second] = this.#spans.splice(0, 2) as [Span, Span]
    this.#spans.unshift({ ...first, offsetMs: Math.min(first.offsetMs, second.offsetMs) })
  }
}
