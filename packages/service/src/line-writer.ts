import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import process from 'node:process'
import { isatty } from 'node:tty'

/** How a line is written that follows `lostCount` lines which could not be. */
export type MarkLost = (line: string, lostCount: number) => string

/**
 * Writes lines to standard output or standard error, and never waits for whoever reads them: a full disk, a closed
 * terminal or a pipe that nobody reads costs lines, not the process. A line that cannot be written at once is lost and counted, and
 * the next one that can be is marked with the count. A line that was written in part is finished first, so that lines stay
 * whole. A write to a pipe, a socket or a terminal takes no time; one to a file as long as its file system does.
 *
 * Otherwise a write to a pipe would wait for its reader, for ever if need be; and Node's streams would buffer what the
 * reader does not take, or stop after an error.
 */
export class LineWriter {
  readonly isTTY: boolean
  readonly #descriptor: number
  readonly #markLost: MarkLost
  /** The part of a line that was begun. */
  #rest = Buffer.alloc(0)
  #lostCount = 0
  #isFinishing = false

  constructor(descriptor: 1 | 2, markLost: MarkLost) {
    this.isTTY = isatty(descriptor)
    this.#descriptor = neverWaiting(descriptor)
    this.#markLost = markLost
  }

  write(line: string): void {
    if (!this.#finish()) {
      this.#lostCount += 1
      return
    }
    const marked = this.#lostCount === 0 ? line : this.#markLost(line, this.#lostCount)
    const bytes = Buffer.from(marked)
    const writtenBytes = this.#put(bytes)
    if (writtenBytes === 0 && bytes.length > 0) {
      this.#lostCount += 1
      return
    }
    this.#lostCount = 0
    this.#rest = bytes.subarray(writtenBytes)
    if (this.#rest.length > 0) this.#finishLater()
  }

  /** Writes the rest of a line that was begun. Returns whether nothing of it is left. */
  #finish(): boolean {
    if (this.#rest.length > 0) this.#rest = this.#rest.subarray(this.#put(this.#rest))
    return this.#rest.length === 0
  }

  #finishLater(): void {
    if (this.#isFinishing) return
    this.#isFinishing = true
    const timer = setTimeout(() => {
      this.#isFinishing = false
      if (!this.#finish()) this.#finishLater()
    }, finishMs)
    timer.unref()
  }

  /** How many bytes were taken. */
  #put(bytes: Buffer): number {
    try {
      return writeSync(this.#descriptor, bytes)
    } catch {
      return 0
    }
  }
}

const finishMs = 50

export const markJsonLine: MarkLost = (line, lostCount) =>
  line.replace(/\}\n$/, `,"lostLineCount":${lostCount}}\n`)

export const markTextLine: MarkLost = (line, lostCount) =>
  `(${lostCount} lines could not be written here)\n${line}`

/**
 * The same file, such that a write fails with EAGAIN where it would wait. Node makes pipes and sockets so when it opens
 * their stream. A terminal it leaves waiting (after Ctrl-S, say): that is opened once more, since the flag of the one we were given
 * is shared with the shell.
 */
function neverWaiting(descriptor: 1 | 2): number {
  const kind = fstatSync(descriptor)
  if (kind.isFIFO() || kind.isSocket()) descriptor === 1 ? process.stdout : process.stderr
  if (!kind.isCharacterDevice()) return descriptor
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    return descriptor
  }
}
