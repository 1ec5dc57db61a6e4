import { writeSync } from 'node:fs'
import process from 'node:process'
import { type Output, StartProblem } from '@rinha/service'

const sleeper = new Int32Array(new SharedArrayBuffer(4))
const retryMs = 2

/**
 * Writes text and returns when all of it is out, however slow the reader is. A stream would take it at once and keep in
 * memory what a pipe has no room for, and lose that where the process exits. Throws EPIPE where nobody reads any more, and a
 * StartProblem where the output cannot be written, such as on a full disk.
 */
export function writeBlocking(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  let at = 0
  while (at < bytes.length) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      if (isReaderGone(error)) throw error
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN') throw new StartProblem(`the output cannot be written: ${message}`)
      Atomics.wait(sleeper, 0, 0, retryMs)
    }
  }
}

/** For gigabytes that a pager may read slowly: they are not buffered in memory. */
export const blockingOutput: Output = {
  stdout: { write: text => writeBlocking(process.stdout.fd, text) },
  stderr: process.stderr,
}

/** `COMMAND | head`: the reader has closed the pipe. */
export const isReaderGone = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'
