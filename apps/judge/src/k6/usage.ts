import type { CgroupSample, Throttling } from './cgroup.ts'

/** What one container used during a run. Undefined is not known, or for a limit that there is none. */
export interface Usage {
  readonly cpuSeconds: number | undefined
  readonly cpusMean: number | undefined
  /** Over the busiest look, about a second. */
  readonly cpusPeak: number | undefined
  readonly cpusMax: number | undefined
  readonly memoryBytesPeak: number | undefined
  readonly memoryBytesMax: number | undefined
  readonly throttling: Throttling | undefined
}

/** Between two looks; a shorter one says nothing of a mean rate, since quotas are given out every 100 ms. */
const lookMsMin = 500

/** Adds up looks at one control group, from the first to the last. */
export class UsageMeter {
  #first: Look | undefined
  #last: Look | undefined
  #rateFrom: Look | undefined
  #cpusPeak: number | undefined
  #memoryBytesPeak: number | undefined

  add(atMs: number, sample: CgroupSample): void {
    const look = { atMs, sample }
    this.#first ??= look
    this.#last = look
    this.#memoryBytesPeak = larger(this.#memoryBytesPeak, sample.memoryBytes)
    if (this.#rateFrom !== undefined && atMs - this.#rateFrom.atMs < lookMsMin) return
    this.#cpusPeak = larger(this.#cpusPeak, this.#rateFrom && cpusBetween(this.#rateFrom, look))
    this.#rateFrom = look
  }

  usage(): Usage | undefined {
    const first = this.#first
    const last = this.#last
    if (first === undefined || last === undefined) return undefined
    const cpuMs = difference(last.sample.cpuMs, first.sample.cpuMs)
    return {
      cpuSeconds: cpuMs === undefined ? undefined : cpuMs / 1000,
      cpusMean: cpusBetween(first, last),
      cpusPeak: this.#cpusPeak,
      cpusMax: last.sample.cpusMax,
      memoryBytesPeak: this.#memoryPeak(first.sample, last.sample),
      memoryBytesMax: last.sample.memoryBytesMax,
      throttling: throttledBetween(first.sample.throttling, last.sample.throttling),
    }
  }

  /** The kernel's mark counts from the group's creation: where it rose meanwhile, it is this run's, and exact. */
  #memoryPeak(first: CgroupSample, last: CgroupSample): number | undefined {
    const rose = difference(last.memoryMarkBytes, first.memoryMarkBytes)
    return rose !== undefined && rose > 0 ? last.memoryMarkBytes : this.#memoryBytesPeak
  }
}

interface Look {
  readonly atMs: number
  readonly sample: CgroupSample
}

function cpusBetween(from: Look, to: Look): number | undefined {
  const cpuMs = difference(to.sample.cpuMs, from.sample.cpuMs)
  return cpuMs === undefined || to.atMs <= from.atMs ? undefined : cpuMs / (to.atMs - from.atMs)
}

function throttledBetween(from: Throttling | undefined, to: Throttling | undefined): Throttling | undefined {
  if (from === undefined || to === undefined) return undefined
  return {
    periodCount: to.periodCount - from.periodCount,
    throttledCount: to.throttledCount - from.throttledCount,
    throttledMs: to.throttledMs - from.throttledMs,
  }
}

function difference(to: number | undefined, from: number | undefined): number | undefined {
  return to === undefined || from === undefined ? undefined : to - from
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
}
