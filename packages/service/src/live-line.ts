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
 * A terminal whose last line is overwritten again and again, while other lines scroll above it. The terminal cuts the line
 * if it is too long, however wide its characters are, because a wrapped line could not be overwritten. Each write switches
 * wrapping off and on again, and changes nothing else, so however the process ends, nothing has to be restored.
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

  /** Removes the line, and anything that was typed after it. */
  hide(): void {
    if (this.#drawn !== '') this.#terminal.write(clear)
    this.#drawn = ''
  }
}
