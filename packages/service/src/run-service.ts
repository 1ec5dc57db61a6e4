import process from 'node:process'
import { choice, parseSettings, printSettingsHelp, type Schema, type Settings } from '@rinha/settings'
import { type Logger, pino } from 'pino'

/**
 * How every process of the cluster starts and stops.
 *
 * Start: `--help` prints the settings; a wrong setting ends the start with exit code 2 and a line that names it; a
 * start that fails for a known reason ({@link StartProblem}: a port that is taken, say) ends with exit code 1 and that
 * reason, without a stack trace. A process started by a parent with an IPC channel tells it `ready` with its addresses.
 *
 * Stop: SIGINT, SIGTERM, the parent gone (the IPC channel closes), or a service that cannot go on (`failed`, exit code 1),
 * whichever comes first; `stop` is given `stopMsMax`, then the process ends all the same, with exit code 1.
 */
export interface ServiceOptions<S extends Schema> {
  readonly name: string
  /** The first lines of `--help`. */
  readonly description: string
  readonly schema: S
  readonly start: (settings: Settings<S>, log: Logger) => Promise<RunningService>
}

export interface RunningService {
  /** What the process serves and where, by name: `{ http: 'http://localhost:9999' }`. */
  readonly addresses: Readonly<Record<string, string>>
  stop(): Promise<void>
  /** Resolves with a line that says why, where it cannot go on: it is stopped then. */
  readonly failed?: Promise<string>
}

/** What a child tells its parent over IPC once it serves. */
export interface ReadyMessage {
  readonly kind: 'ready'
  readonly name: string
  readonly addresses: Readonly<Record<string, string>>
}

/** A reason not to start, or not to go on, that a user can act on: told alone, without a stack trace. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem'
}

const stopMsMax = 10_000

const commonSchema = {
  LOG_LEVEL: choice({
    fallback: 'info',
    words: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    help: 'The least severe log lines that are written, as JSON on standard output.',
  }),
}

export async function runService<S extends Schema>(options: ServiceOptions<S>): Promise<void> {
  const schema = { ...options.schema, ...commonSchema }
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(printSettingsHelp(options.description, schema))
    return
  }
  const settings = parseSettings(schema, process.env)
  if (!settings.ok) return exitWith(2, options.name, settings.error)
  const values = settings.value as Settings<S> & Settings<typeof commonSchema>
  const log = pino({ name: options.name, level: values.LOG_LEVEL })
  try {
    const service = await options.start(values, log)
    stopOnSignals(service, log)
    const ready: ReadyMessage = { kind: 'ready', name: options.name, addresses: service.addresses }
    process.send?.(ready)
    log.info({ addresses: service.addresses }, 'serving')
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error
    exitWith(1, options.name, [error.message])
  }
}

function exitWith(code: number, name: string, lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${name}: ${line}\n`)
  // A parent's IPC channel would keep the process alive.
  process.exit(code)
}

function stopOnSignals(service: RunningService, log: Logger): void {
  let stopping = false
  const stop = (cause: string, exitCode = 0) => {
    if (stopping) return
    stopping = true
    log.info({ cause }, 'stopping')
    const deadline = setTimeout(() => {
      log.error({ stopMsMax }, 'did not stop in time')
      process.exit(1)
    }, stopMsMax)
    service.stop().then(
      () => {
        clearTimeout(deadline)
        process.exit(exitCode)
      },
      error => {
        log.error({ err: error }, 'stop failed')
        process.exit(1)
      },
    )
  }
  service.failed?.then(cause => stop(cause, 1))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGTERM', () => stop('SIGTERM'))
  if (process.send !== undefined) process.on('disconnect', () => stop('parent gone'))
}
