import type { Output } from '@rinha/service'

/** Where lines go; a terminal's line can be written over. */
export type ProgressStream = Output['stderr']

/**
 * Shows how a run goes on: on a terminal one line that is written over every second, elsewhere (a log, a pipe) a line
 * every 5 s.
 */
export class ProgressWriter {
  readonly #stream: ProgressStream
  readonly #nowMs: () => number
  readonly #everyMs: number
  #shownAtMs = Number.NEGATIVE_INFINITY
  #lineOpen = false

  constructor(stream: ProgressStream, nowMs: () => number = () => performance.now()) {
    this.#stream = stream
    this.#nowMs = nowMs
    this.#everyMs = stream.isTTY ? terminalEveryMs : logEveryMs
  }

  /** Whether the next {@link show} is due; making a line is not free. */
  get isDue(): boolean {
    // Ticks are not to the millisecond: one that comes a little early is the one meant.
    return this.#nowMs() - this.#shownAtMs >= this.#everyMs - 250
  }

  show(line: string): void {
    this.#shownAtMs = this.#nowMs()
    if (!this.#stream.isTTY) return void this.#stream.write(`${line}\n`)
    // A line wider than the terminal would wrap and could no longer be written over.
    this.#stream.write(`\r\x1b[2K${line.slice(0, (this.#stream.columns ?? 120) - 1)}`)
    this.#lineOpen = true
  }

  /** A line that stays. */
  say(line: string): void {
    this.end()
    this.#stream.write(`${line}\n`)
  }

  end(): void {
    if (this.#lineOpen) this.#stream.write('\n')
    this.#lineOpen = false
  }
}

const terminalEveryMs = 1000
const logEveryMs = 5000
