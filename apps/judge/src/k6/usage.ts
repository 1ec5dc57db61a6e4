import type { CgroupSample } from './cgroup.ts'

/** The resources that one container used during a run. NaN means unknown, and for a limit, none. */
export interface Usage {
  readonly cpuSeconds: number
  readonly cpusMean: number
  /** The rate in the busiest interval between two readings, which is about a second. */
  readonly cpusPeak: number
  readonly cpusMax: number
  readonly memoryBytesPeak: number
  readonly memoryBytesMax: number
  readonly periodCount: number
  readonly throttledCount: number
  readonly throttledMs: number
}

/**
 * The least time between two samples. Over a shorter one a mean rate is meaningless, because quotas are given out every
 * 100 ms.
 */
const lookMsMin = 500

interface Look extends CgroupSample {
  readonly atMs: number
}

/** Adds up looks at one control group, from the first to the last. */
export class UsageMeter {
  #first: Look | undefined
  #last: Look | undefined
  #rateFrom: Look | undefined
  #cpusPeak = Number.NaN
  #memoryBytesPeak = Number.NaN

  add(atMs: number, sample: CgroupSample): void {
    const look = { atMs, ...sample }
    this.#first ??= look
    this.#last = look
    this.#memoryBytesPeak = larger(this.#memoryBytesPeak, look.memoryBytes)
    if (this.#rateFrom !== undefined && atMs - this.#rateFrom.atMs < lookMsMin) return
    if (this.#rateFrom !== undefined)
      this.#cpusPeak = larger(this.#cpusPeak, cpusBetween(this.#rateFrom, look))
    this.#rateFrom = look
  }

  usage(): Usage | undefined {
    const [first, last] = [this.#first, this.#last]
    if (first === undefined || last === undefined) return undefined
    return {
      cpuSeconds: (last.cpuMs - first.cpuMs) / 1000,
      cpusMean: cpusBetween(first, last),
      cpusPeak: this.#cpusPeak,
      cpusMax: last.cpusMax,
      // The kernel's mark counts from the group's creation: where it rose meanwhile, it is this run's, and exact.
      memoryBytesPeak:
        last.memoryMarkBytes > first.memoryMarkBytes ? last.memoryMarkBytes : this.#memoryBytesPeak,
      memoryBytesMax: last.memoryBytesMax,
      periodCount: last.periodCount - first.periodCount,
      throttledCount: last.throttledCount - first.throttledCount,
      throttledMs: last.throttledMs - first.throttledMs,
    }
  }
}

function cpusBetween(from: Look, to: Look): number {
  return (to.cpuMs - from.cpuMs) / (to.atMs - from.atMs)
}

/** The known one where the other is not. */
function larger(one: number, other: number): number {
  return Number.isNaN(one) || other > one ? other : one
}
