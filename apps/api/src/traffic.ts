import { assert } from '@rinha/base'

/**
 * Counts the requests that wait for an answer, so that a stop can let them finish.
 *
 *   serving --drain()--> draining   every answer now closes its connection; there is no way back
 *
 * Invariant: the count is the exchanges begun and neither answered nor aborted, and never negative.
 */
export class Traffic {
  #openCount = 0
  #draining = false
  #onIdle: (() => void) | undefined

  /** Requests begun and neither answered nor aborted. */
  get openCount(): number {
    return this.#openCount
  }

  get draining(): boolean {
    return this.#draining
  }

  begin(): void {
    this.#openCount += 1
  }

  end(): void {
    assert(this.#openCount > 0, 'an exchange ends once')
    this.#openCount -= 1
    if (this.#openCount === 0) this.#onIdle?.()
  }

  drain(): void {
    this.#draining = true
  }

  /** Resolves when no request is open. */
  idle(): Promise<void> {
    if (this.#openCount === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#onIdle = resolve
    })
  }
}
