import { readFileSync } from 'node:fs'
import process from 'node:process'

/**
 * Loaded before a process's own program (`node --import`): the process's wall clock is off by as many milliseconds as the
 * file CLOCK_OFFSET_FILE says, and takes a step whenever the file changes. Monotonic clocks and timers go on as they do.
 *
 * The file is looked at, and no signal waited for: a signal that comes before its handler would end the process.
 */
const lookEveryMs = 20
const file = process.env.CLOCK_OFFSET_FILE

if (file !== undefined) {
  const RealDate = Date
  let offsetMs = readOffsetMs(file, 0)
  setInterval(() => {
    offsetMs = readOffsetMs(file, offsetMs)
  }, lookEveryMs).unref()
  const now = () => RealDate.now() + offsetMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}

/** The earlier value, if the file does not exist or is just being written. */
function readOffsetMs(path: string, wasMs: number): number {
  try {
    const text = readFileSync(path, 'utf8')
    return /^-?\d+\n$/.test(text) ? Number(text) : wasMs
  } catch {
    return wasMs
  }
}
