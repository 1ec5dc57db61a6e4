import type { World } from '../world.ts'
import { worldStartMs } from '../world.ts'
import type { Recording } from './recording.ts'
import { type CheckerName, Violation } from './violation.ts'

/** Events kept for a reader: what happened in the last second or so before a violation. */
const entryCountMax = 400

/**
 * The events of a run, for two readers: the world's hash covers all of them, and a person gets the latest ones as text.
 * Entries stay numbers until a person asks.
 */
export class Trace {
  readonly #world: World
  readonly #recording: Recording | undefined
  readonly #times = new Float64Array(entryCountMax)
  readonly #words: string[] = new Array<string>(entryCountMax).fill('')
  readonly #values = new Float64Array(entryCountMax * 3)
  #count = 0

  constructor(world: World, recording?: Recording) {
    this.#world = world
    this.#recording = recording
  }

  get eventCount(): number {
    return this.#count
  }

  note(word: string, a = 0, b = 0, c = 0): void {
    this.#world.note(word, a, b, c)
    const slot = this.#count % entryCountMax
    this.#times[slot] = this.#world.nowMs
    this.#words[slot] = word
    this.#values[slot * 3] = a
    this.#values[slot * 3 + 1] = b
    this.#values[slot * 3 + 2] = c
    this.#count += 1
    this.#recording?.note(this.#world.nowMs - worldStartMs, word, a, b, c)
  }

  /** Ends the run. */
  blame(checker: CheckerName, message: string): never {
    throw new Violation(checker, message)
  }

  /** The last `countMax` events as lines, oldest first. */
  lines(countMax: number): readonly string[] {
    const lines: string[] = []
    const first = Math.max(0, this.#count - Math.min(countMax, entryCountMax))
    for (let index = first; index < this.#count; index += 1) {
      const slot = index % entryCountMax
      const atMs = (this.#times[slot] ?? 0) - worldStartMs
      const values = [...this.#values.subarray(slot * 3, slot * 3 + 3)].map(printValue)
      lines.push(`${(atMs / 1000).toFixed(4).padStart(10)} s  ${this.#words[slot]} ${values.join(' ')}`)
    }
    return lines
  }
}

/** An instant is recognised by its size, and printed as the time since the world's start. */
function printValue(value: number): string {
  return value > worldStartMs / 2 ? `@${value - worldStartMs}ms` : String(value)
}
