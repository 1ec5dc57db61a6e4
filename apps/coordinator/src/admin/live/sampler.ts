import type { Time } from '@rinha/base'
import type { QueueStatus } from '@rinha/engine'

type Lane = QueueStatus['processors'][number]

const circuits = ['closed', 'probing', 'open'] as const

/**
 * Makes a row of numbers of a status: what charts are drawn from. Rates are per second since the row before; there is none
 * (NaN) in the first row, nor where counts went back, after a purge.
 */
export class Sampler {
  /** The meaning of the numbers of a row. */
  readonly columns: readonly string[]
  #before: { readonly nowMs: number; readonly status: QueueStatus } | undefined

  constructor(processors: readonly string[]) {
    const own = ['settledPerSecond', 'predictedMs', 'tailMs', 'inFlightCount', 'limitCount', 'circuit']
    this.columns = [
      ...[
        'atMs',
        'queuedCount',
        'oldestQueuedAgeMs',
        'inFlightCount',
        'acceptedPerSecond',
        'settledPerSecond',
      ],
      ...processors.flatMap(name => own.map(column => `${name} ${column}`)),
    ]
  }

  sample(status: QueueStatus, { nowMs, wallMs }: Time): readonly number[] {
    const before = this.#before
    this.#before = { nowMs, status }
    const rate = (count: number, countBefore = Number.NaN) =>
      before === undefined || countBefore > count
        ? Number.NaN
        : ((count - countBefore) * 1000) / (nowMs - before.nowMs)
    const ofLane = (lane: Lane, index: number) => [
      rate(lane.settledCount, before?.status.processors[index]?.settledCount),
      lane.predictedMs,
      lane.tailMs,
      lane.inFlightCount,
      lane.limitCount,
      circuits.indexOf(lane.circuit),
    ]
    return [
      wallMs,
      status.queuedCount,
      status.oldestQueuedAgeMs,
      status.inFlightCount,
      rate(status.acceptedCount, before?.status.acceptedCount),
      rate(status.settledCount, before?.status.settledCount),
      ...status.processors.flatMap(ofLane),
    ]
  }
}
