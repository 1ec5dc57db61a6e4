import { assert } from '@rinha/base'

/**
 * Lets a number of requests run at once and a further number wait for their turn, and turns the rest away.
 *
 * The original puts one such limiter (ASP.NET's, 800 and 500, oldest first) before `POST /payments` and
 * `GET /payments/{id}` together. It bounds what a slow processor has under way: with a delay of 2 s it takes 400
 * payments a second and no more, whatever is sent to it.
 *
 * States of a request: *running* (entered while there was room, or promoted when another left), *waiting* (entered while
 * all places were taken; left by promotion or by being abandoned), *refused* (never held).
 *
 * Invariants:
 *  1. running ≤ runningCountMax and waiting ≤ waitingCountMax.
 *  2. Nobody waits while there is room to run, and who waited longest runs first.
 */
export class ConcurrencyLimiter<Request> {
  readonly #runningCountMax: number
  readonly #waitingCountMax: number
  #runningCount = 0
  /** In the order of arrival; a set, because any of them may go away. */
  readonly #waiting = new Set<Request>()

  constructor(runningCountMax: number, waitingCountMax: number) {
    assert(Number.isSafeInteger(runningCountMax) && runningCountMax > 0, 'runningCountMax is positive')
    assert(Number.isSafeInteger(waitingCountMax) && waitingCountMax >= 0, 'waitingCountMax is not negative')
    this.#runningCountMax = runningCountMax
    this.#waitingCountMax = waitingCountMax
  }

  get runningCount(): number {
    return this.#runningCount
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  enter(request: Request): 'running' | 'waiting' | 'refused' {
    if (this.#runningCount < this.#runningCountMax) {
      assert(this.#waiting.size === 0, 'nobody waits while there is room')
      this.#runningCount += 1
      return 'running'
    }
    if (this.#waiting.size >= this.#waitingCountMax) return 'refused'
    this.#waiting.add(request)
    return 'waiting'
  }

  /** A running request is done. Answers the one that runs in its place, if any waited. */
  leave(): Request | undefined {
    assert(this.#runningCount > 0, 'only a running request leaves')
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      return next
    }
    this.#runningCount -= 1
    return undefined
  }

  /** A waiting request goes away. False where it does not wait. */
  abandon(request: Request): boolean {
    return this.#waiting.delete(request)
  }
}
