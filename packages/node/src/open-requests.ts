import { assert } from '@rinha/base'

/**
 * Counts the requests that wait for an answer, so that a stop can let them finish.
 *
 *   serving --drain()--> draining   every answer now closes its connection; there is no way back
 *
 * Invariant: the count is the requests begun and neither answered nor aborted, and never negative.
 */
export class OpenRequests {
  #count = 0
  #draining = false
  #onIdle: (() => void) | undefined

  /** Requests begun and neither answered nor aborted. */
  get count(): number {
    return this.#count
  }

  get draining(): boolean {
    return this.#draining
  }

  begin(): void {
    this.#count += 1
  }

  end(): void {
    assert(this.#count > 0, 'a request ends once')
    this.#count -= 1
    if (this.#count === 0) this.#onIdle?.()
  }

  drain(): void {
    this.#draining = true
  }

  /** Runs it when no request is open: now, or with the last answer. */
  whenIdle(run: () => void): void {
    if (this.#count === 0) run()
    else this.#onIdle = run
  }
}
