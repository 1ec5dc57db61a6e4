import type { Timers } from '@rinha/base'

/** Items whose turn comes together: `delayMs` after the first of them was added, once for each. */
export class Gathering<Item> {
  readonly #timers: Pick<Timers, 'after'>
  readonly #delayMs: number
  readonly #run: (item: Item) => void
  readonly #items = new Set<Item>()

  constructor(timers: Pick<Timers, 'after'>, delayMs: number, run: (item: Item) => void) {
    this.#timers = timers
    this.#delayMs = delayMs
    this.#run = run
  }

  add(item: Item): void {
    if (this.#items.size === 0) this.#timers.after(this.#delayMs, () => this.#end())
    this.#items.add(item)
  }

  #end(): void {
    const items = [...this.#items]
    this.#items.clear()
    for (const item of items) this.#run(item)
  }
}
