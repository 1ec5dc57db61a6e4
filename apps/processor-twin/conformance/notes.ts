/** One observation. */
export interface Observation {
  readonly what: string
  readonly expected: string
  readonly seen: string
  readonly passed: boolean
}

/** One fact about the processor, and whether it was found to be true. */
export interface CheckResult {
  readonly name: string
  /** The fact, as a sentence. */
  readonly fact: string
  readonly passed: boolean
  readonly observations: readonly Observation[]
}

/** Collects the observations of scenarios, under the names of their checks. */
export class Notes {
  readonly #observations = new Map<string, Observation[]>()

  /** Passes where both print to the same JSON. */
  equal(check: string, what: string, expected: unknown, seen: unknown): void {
    this.holds(check, what, print(expected), print(seen), print(expected) === print(seen))
  }

  /** Passes where a duration lies between the two, in milliseconds. */
  within(check: string, what: string, minMs: number, maxMs: number, seenMs: number): void {
    const expected =
      maxMs === Number.POSITIVE_INFINITY
        ? `at least ${Math.round(minMs)} ms`
        : `${Math.round(minMs)} to ${Math.round(maxMs)} ms`
    this.holds(check, what, expected, `${Math.round(seenMs)} ms`, seenMs >= minMs && seenMs <= maxMs)
  }

  holds(check: string, what: string, expected: string, seen: string, passed: boolean): void {
    const observations = this.#observations.get(check) ?? []
    observations.push({ what, expected, seen, passed })
    this.#observations.set(check, observations)
  }

  /** A check that observed nothing has not passed: its scenario broke off before. */
  result(name: string, fact: string): CheckResult {
    const observations = this.#observations.get(name) ?? []
    const passed = observations.length > 0 && observations.every(observation => observation.passed)
    return { name, fact, passed, observations }
  }
}

function print(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
