import process from 'node:process'

interface Stream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const clear = '\r\x1b[2K'

/**
 * Whether a line there can be written over. Not in CI, whose terminals are logs: each change would stay as a line of its own.
 */
export function canWriteOver({ isTTY }: Stream, { TERM, CI }: NodeJS.ProcessEnv = process.env): boolean {
  return isTTY === true && TERM !== 'dumb' && (CI ?? '') === ''
}

/**
 * A terminal with one line at its foot that is written over, and what is said scrolling above it. The terminal itself cuts a line
 * that is too long, however wide its characters are: one that wrapped could not be written over. It is told so, and told to
 * wrap again, in the same write, and nothing else is changed: however the process ends there is nothing to put back.
 */
export class LiveLine {
  readonly #terminal: Stream
  #drawn = ''

  constructor(terminal: Stream) {
    this.#terminal = terminal
  }

  /** Whole lines, above. */
  write(text: string): void {
    this.#terminal.write(this.#drawn === '' ? text : `${clear}${text}${this.#drawn}`)
  }

  show(line: string): void {
    this.#drawn = `\x1b[?7l${line}\x1b[?7h`
    this.#terminal.write(`${clear}${this.#drawn}`)
  }

  /** Takes the line away, and whatever a key typed behind it. */
  hide(): void {
    if (this.#drawn !== '') this.#terminal.write(clear)
    this.#drawn = ''
  }
}
