import type { World } from './world.ts'

interface Call<Outcome> {
  readonly deadlineMs: number
  /** `undefined` once it has been called: what it holds on to is then let go. */
  end: ((outcome: Outcome) => void) | undefined
}

/**
 * One timeout for many calls: all have the same, so their deadlines come in the order in which they began, and one event
 * for the oldest stands for all. An event for each would fill the heap with 30 s of calls that ended in 10 ms.
 */
export class CallTimeout<Outcome> {
  readonly #world: World
  readonly #timeoutMs: number
  /** The outcome of a call that was given up. */
  readonly #otherwise: Outcome
  #calls: Call<Outcome>[] = []
  #head = 0
  #armed = false

  constructor(world: World, timeoutMs: number, otherwise: Outcome) {
    this.#otherwise = otherwise
    this.#world = world
    this.#timeoutMs = timeoutMs
  }

  /** `end`, called once: with what it is called with first, or with `otherwise` when the time is up. */
  guard(end: (outcome: Outcome) => void): (outcome: Outcome) => void {
    const call: Call<Outcome> = { deadlineMs: this.#world.nowMs + this.#timeoutMs, end }
    this.#calls.push(call)
    if (!this.#armed) this.#arm()
    return outcome => endCall(call, outcome)
  }

  #arm(): void {
    const next = this.#oldest()
    this.#armed = next !== undefined
    if (next !== undefined) this.#world.at(next.deadlineMs, () => this.#due())
  }

  #due(): void {
    const nowMs = this.#world.nowMs
    for (let call = this.#oldest(); call !== undefined && call.deadlineMs <= nowMs; call = this.#oldest()) {
      endCall(call, this.#otherwise)
    }
    this.#arm()
  }

  /** The oldest call that has not ended; those before it are dropped. */
  #oldest(): Call<Outcome> | undefined {
    while (this.#head < this.#calls.length && this.#calls[this.#head]?.end === undefined) this.#head += 1
    if (this.#head > 64 && this.#head * 2 > this.#calls.length) {
      this.#calls = this.#calls.slice(this.#head)
      this.#head = 0
    }
    return this.#calls[this.#head]
  }
}

function endCall<Outcome>(call: Call<Outcome>, outcome: Outcome): void {
  const { end } = call
  call.end = undefined
  end?.(outcome)
}
