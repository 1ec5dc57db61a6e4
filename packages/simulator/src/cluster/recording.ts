import type { QueueStatus } from '@rinha/engine'

/** What was noted: the trace's word with its numbers. */
export interface Noted {
  /** Milliseconds since the run's start. */
  readonly atMs: number
  readonly word: string
  readonly values: readonly [number, number, number]
}

type LaneStand = QueueStatus['processors'][number]
const queueFigures = [
  'queuedCount',
  'inFlightCount',
  'unknownCount',
  'settledCount',
  'rejectedCount',
] as const
const laneFigures = ['circuit', 'against', 'inFlightCount', 'limitCount', 'settledCount'] as const

/** How the cluster stood at one moment. */
export interface Stand {
  readonly atMs: number
  /** Of all shards together. Undefined while no coordinator runs. */
  readonly queue: Pick<QueueStatus, (typeof queueFigures)[number]> | undefined
  readonly lanes: readonly Pick<LaneStand, (typeof laneFigures)[number]>[]
  /** The payments that each API node holds; undefined for a node that is dead. */
  readonly heldCounts: readonly (number | undefined)[]
}

/** Plain data: it travels between processes. */
export interface Recorded {
  /** The latest events, oldest first. */
  readonly events: readonly Noted[]
  /** Events before those. */
  readonly leftOutCount: number
  readonly stands: readonly Stand[]
  /** Ids of all payments, by their number. */
  readonly ids: readonly string[]
}

/** Past it the oldest are left out: what went wrong stands at the end. A page with so many has about 2 MB. */
export const recordedCountMax = 20_000

/**
 * Records the events of a run for a viewer. It gets the same calls as the trace, and changes nothing. A run without a
 * recording does no work for it.
 */
export class Recording {
  readonly #events = new Latest<Noted>()
  readonly #stands = new Latest<Stand>()

  note(atMs: number, word: string, ...values: readonly [number, number, number]): void {
    this.#events.add({ atMs, word, values })
  }

  /** `statuses`: of the coordinators that run, one of each shard. */
  stand(atMs: number, statuses: readonly QueueStatus[], heldCounts: Stand['heldCounts']): void {
    const queue = statuses.length === 0 ? undefined : sumOf(statuses, queueFigures)
    const lanes = (statuses[0]?.processors ?? []).map((_, index) =>
      sumOf(
        statuses.flatMap(({ processors }) => processors[index] ?? []),
        laneFigures,
      ),
    )
    this.#stands.add({ atMs, queue, lanes, heldCounts })
  }

  told(ids: readonly string[]): Recorded {
    const events = this.#events.all
    const fromMs = events[0]?.atMs ?? 0
    return {
      events,
      leftOutCount: this.#events.leftOutCount,
      stands: this.#stands.all.filter(({ atMs }) => atMs >= fromMs),
      ids,
    }
  }
}

/** Counts are summed over all, words are those of the first. */
function sumOf<T, Key extends keyof T>(all: readonly T[], keys: readonly Key[]): Pick<T, Key> {
  const figures = keys.map(key => {
    const [value] = all.map(each => each[key])
    const isCount = typeof value === 'number'
    return [key, isCount ? all.reduce((sum, each) => sum + Number(each[key]), 0) : value]
  })
  return Object.fromEntries(figures) as Pick<T, Key>
}

/** The last so many values. */
class Latest<T> {
  #values: T[] = []
  #addedCount = 0

  add(value: T): void {
    this.#addedCount += 1
    this.#values.push(value)
    if (this.#values.length >= 2 * recordedCountMax) this.#values = this.all
  }

  get all(): T[] {
    return this.#values.slice(-recordedCountMax)
  }

  get leftOutCount(): number {
    return Math.max(0, this.#addedCount - recordedCountMax)
  }
}
