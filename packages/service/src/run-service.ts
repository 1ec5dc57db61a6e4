import process from 'node:process'
import { isatty } from 'node:tty'
import {
  choice,
  parseSettings,
  printSettingsHelp,
  type Schema,
  type Settings,
  strayArguments,
} from '@rinha/settings'
import type { Logger } from 'pino'
import { LineWriter, markJsonLine, markTextLine } from './line-writer.ts'
import { readableLine } from './readable-line.ts'
import { stopRequests, whenAborted } from './stop-signals.ts'

/**
 * How every process of the cluster starts and stops.
 *
 * Start: `--help` prints the settings; a wrong setting, a misspelt one, settings that do not go together ({@link SettingsProblem})
 * or an option ends the start with exit code 2 and a line that names it; a start that fails for a known reason ({@link StartProblem}: a port that is taken, say) ends with exit
 * code 1 and that reason, without a stack trace. A process started by a parent with an IPC channel tells it `ready` with its
 * addresses.
 *
 * Stop: SIGINT, SIGTERM, SIGHUP, the parent gone (the IPC channel closes), or a service that cannot go on (`failed`, exit
 * code 1), whichever comes first, also during the start, which is then given up where it can be; exit code 0. `stop` is
 * given `stopMsMax`, then the process ends all the same, with exit code 1. A second signal hurries the stop, a third ends the
 * process at once, with exit code 1. Where the signals come before the program has been loaded, the system ends it.
 */
export interface ServiceOptions<S extends Schema> {
  readonly name: string
  /** The first lines of `--help`. */
  readonly description: string
  readonly schema: S
  /**
   * `stopAsked` is aborted when it should not go on; it then rejects with a StartProblem, or serves and is stopped. What it
   * needs many modules for is best imported in it: signals are heard before.
   */
  readonly start: (settings: Settings<S>, log: Logger, stopAsked: AbortSignal) => Promise<RunningService>
}

export interface RunningService {
  /** What the process serves and where, by name: `{ http: 'http://localhost:9999' }`. */
  readonly addresses: Readonly<Record<string, string>>
  /** Once `hurried` is aborted, the service skips what it can skip, and closes what it must close. */
  stop(hurried?: AbortSignal): Promise<void>
  /** Resolves with a line that says why, where it cannot go on: it is stopped then. */
  readonly failed?: Promise<string>
}

/** The message that a child sends its parent over IPC when it serves. */
export interface ReadyMessage {
  readonly kind: 'ready'
  readonly name: string
  readonly addresses: Readonly<Record<string, string>>
}

/** A reason not to start, or not to go on, that a user can act on: told alone, without a stack trace. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem'
  readonly exitCode: 1 | 2 = 1
}

/** Settings, each right by itself, that do not go together. */
export class SettingsProblem extends StartProblem {
  override readonly exitCode = 2
}

const stopMsMax = 10_000

export const logLevel = choice({
  fallback: 'info',
  words: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  help: 'The least severe log lines that are written on standard output: as JSON, on a terminal for a reader.',
})

const commonSchema = { LOG_LEVEL: logLevel }

export async function runService<S extends Schema>(options: ServiceOptions<S>): Promise<void> {
  const schema = { ...options.schema, ...commonSchema }
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(printSettingsHelp(options.description, schema))
    return
  }
  const { asked, hurried, ask } = stopRequests()
  const stray = strayArguments(schema, process.argv.slice(2))
  if (stray.length > 0) return exitWith(2, options.name, stray)
  const settings = parseSettings(schema, process.env)
  if (!settings.ok) return exitWith(2, options.name, settings.error)
  const values = settings.value as Settings<S> & Settings<typeof commonSchema>
  const { pino } = await import('pino')
  const log = pino({ name: options.name, level: values.LOG_LEVEL }, logWriter())
  const stopping = whenAborted(asked).then(() => {
    log.info({ cause: asked.reason }, 'stopping')
    setTimeout(() => {
      log.error({ stopMsMax }, 'did not stop in time')
      process.exit(1)
    }, stopMsMax)
  })
  try {
    const service = await options.start(values, log, asked)
    if (!asked.aborted) sayReady(options.name, service, log)
    let exitCode = 0
    service.failed?.then(cause => {
      if (!asked.aborted) exitCode = 1
      ask(cause)
    })
    stopping.then(async () => process.exit((await stop(service, hurried, log)) ? exitCode : 1))
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error
    if (asked.aborted) process.exit(0)
    exitWith(error.exitCode, options.name, [error.message])
  }
}

function logWriter(): { write(line: string): void } {
  if (!isatty(1)) return new LineWriter(1, markJsonLine)
  const terminal = new LineWriter(1, markTextLine)
  return { write: line => terminal.write(`${readableLine(line.trimEnd())}\n`) }
}

function sayReady(name: string, { addresses }: RunningService, log: Logger): void {
  const ready: ReadyMessage = { kind: 'ready', name, addresses }
  process.send?.(ready)
  log.info({ addresses }, 'serving')
}

/** Whether it stopped in order. */
async function stop(service: RunningService, hurried: AbortSignal, log: Logger): Promise<boolean> {
  whenAborted(hurried).then(() => log.warn('hurrying: a second signal came'))
  try {
    await service.stop(hurried)
    return true
  } catch (error) {
    log.error({ err: error }, 'stop failed')
    return false
  }
}

function exitWith(code: number, name: string, lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${name}: ${line}\n`)
  // A parent's IPC channel would keep the process alive.
  process.exit(code)
}
