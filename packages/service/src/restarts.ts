/** A process that dies this many times within {@link deathsWithinMs} is not started again. */
export const deathCountMax = 5
export const deathsWithinMs = 60_000
/** Before the first start after a death; the next pause in a row is twice as long. */
const pauseMsMin = 250

/** When a process that died is started again: after a pause that grows with each death, and not for ever. */
export class Restarts {
  readonly #deathsAtMs = new Map<string, readonly number[]>()

  /** The pause before the next start after a death now, or `undefined` if the process is not started again. */
  died(name: string, nowMs: number): { readonly pauseMs: number; readonly deathCount: number } | undefined {
    const before = (this.#deathsAtMs.get(name) ?? []).filter(atMs => nowMs - atMs < deathsWithinMs)
    this.#deathsAtMs.set(name, [...before, nowMs])
    const deathCount = before.length + 1
    if (deathCount >= deathCountMax) return undefined
    return { pauseMs: pauseMsMin * 2 ** before.length, deathCount }
  }
}
