import type { AnswerOf } from '@rinha/admin-api'

type Answer = AnswerOf<'getReplay'>

/** A replayed run, asked by the second. */
export class ReplayView {
  readonly processors: readonly string[]
  readonly isWhole: boolean
  readonly firstMs: number
  readonly lastMs: number
  /** Seconds, as charts want them. */
  readonly times: readonly number[]
  readonly readMs = Date.now()
  readonly #columns: readonly string[]
  readonly #samples: Answer['samples']

  constructor({ processors, columns, samples, isWhole }: Answer) {
    this.processors = processors
    this.isWhole = isWhole
    this.#columns = columns
    this.#samples = samples
    this.times = samples.map(([atMs = 0]) => atMs / 1000)
    this.firstMs = samples.at(0)?.[0] ?? 0
    this.lastMs = samples.at(-1)?.[0] ?? 0
  }

  /** Every second from the first to the last, also those in which nothing happened. */
  get secondCount(): number {
    return this.#samples.length === 0 ? 0 : (this.lastMs - this.firstMs) / 1000 + 1
  }

  column(name: string): readonly number[] {
    const place = this.#columns.indexOf(name)
    return this.#samples.map(sample => sample[place] ?? 0)
  }

  /** The state at this instant, with the events of the second before it. */
  at(atMs: number) {
    const index = this.#samples.findLastIndex(([endMs = 0]) => endMs <= atMs)
    const now = this.#named(index)
    const before = this.#named(this.#samples[index]?.[0] === atMs ? index - 1 : index)
    const waitedMs = now('queuedCount') === 0 ? 0 : atMs - now('atMs')
    const accepted = (of: typeof now) =>
      of('queuedCount') + of('inFlightCount') + of('settledCount') + of('rejectedCount')
    // A purge begins at nothing again.
    const risen = (value: number, earlier: number) => (value < earlier ? value : value - earlier)
    return {
      queuedCount: now('queuedCount'),
      inFlightCount: now('inFlightCount'),
      settledCount: now('settledCount'),
      rejectedCount: now('rejectedCount'),
      oldestQueuedAgeMs: now('oldestQueuedAgeMs') + waitedMs,
      acceptedCount: accepted(now),
      acceptedPerSecond: risen(accepted(now), accepted(before)),
      settledPerSecond: risen(now('settledCount'), before('settledCount')),
      processors: this.processors.map(name => ({
        name,
        settledCount: now(`${name} settledCount`),
        settledAmountCents: now(`${name} settledAmountCents`),
      })),
    }
  }

  #named(index: number): (name: string) => number {
    const sample = this.#samples[index] ?? []
    return name => sample[this.#columns.indexOf(name)] ?? 0
  }
}
