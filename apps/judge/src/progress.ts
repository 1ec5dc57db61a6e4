import { canWriteOver, LiveLine, type Output } from '@rinha/service'

/** Where lines go; a terminal's line can be written over. */
export type ProgressStream = Output['stderr']

/**
 * Shows how a run goes on: on a terminal one line that is written over every second, elsewhere (a log, a pipe) a line
 * every 5 s.
 */
export class ProgressWriter {
  readonly #stream: ProgressStream
  readonly #live: LiveLine | undefined
  readonly #nowMs: () => number
  readonly #everyMs: number
  #shownAtMs = Number.NEGATIVE_INFINITY

  constructor(stream: ProgressStream, nowMs: () => number = () => performance.now()) {
    this.#stream = stream
    this.#nowMs = nowMs
    this.#live = canWriteOver(stream) ? new LiveLine(stream) : undefined
    this.#everyMs = this.#live === undefined ? logEveryMs : terminalEveryMs
  }

  /** Whether the next {@link show} is due; making a line is not free. */
  get isDue(): boolean {
    // Ticks are not to the millisecond: one that comes a little early is the one meant.
    return this.#nowMs() - this.#shownAtMs >= this.#everyMs - 250
  }

  show(line: string): void {
    this.#shownAtMs = this.#nowMs()
    if (this.#live === undefined) this.#stream.write(`${line}\n`)
    else this.#live.show(line)
  }

  /** A line that stays, above the other. */
  say(line: string): void {
    const above = this.#live ?? this.#stream
    above.write(`${line}\n`)
  }

  end(): void {
    this.#live?.hide()
  }
}

const terminalEveryMs = 1000
const logEveryMs = 5000
