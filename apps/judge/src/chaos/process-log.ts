import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one process may write in all: a run of hours must not fill the disk. */
const logBytesMax = 64 * 1024 * 1024
/**
 * An API node's last log line if the coordinator did not take the payments that it held, and that of a coordinator without a
 * journal if its drain was too short.
 */
const lostPattern = /"lostCount":[1-9]|; these are lost"/

/** A file for each process, with its output. */
export class ProcessLog {
  readonly #directory: string
  readonly #onLost: (name: string) => void
  readonly #bytes = new Map<string, number>()

  /** `onLost` is called for a process that reports lost payments. */
  constructor(directory: string, onLost: (name: string) => void) {
    this.#directory = directory
    this.#onLost = onLost
  }

  write(name: string, line: string): void {
    if (lostPattern.test(line)) this.#onLost(name)
    const before = this.#bytes.get(name) ?? 0
    if (before > logBytesMax) return
    const bytes = before + line.length + 1
    this.#bytes.set(name, bytes)
    const words = bytes > logBytesMax ? `nothing more is written: it has written ${logBytesMax} bytes` : line
    appendFileSync(join(this.#directory, `${name}.log`), `${words}\n`)
  }
}

/** The most memory that a process has had so far; undefined where the system does not say, and when it is gone. */
export function memoryBytesPeak(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    const kibibytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    return kibibytes > 0 ? kibibytes * 1024 : undefined
  } catch {
    return undefined
  }
}
