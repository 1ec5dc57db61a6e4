import { constants } from 'node:fs'
import { access, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { err, ok, type Result } from '@rinha/base'
import { StartProblem } from '@rinha/service'
import { officialSchedules } from './official-schedules.ts'
import { type Asked, parseOptions, type ScoreOptions, scoreHelp } from './options.ts'
import { partialResults } from './partial-results.ts'
import { type ProgressStream, ProgressWriter } from './progress.ts'
import { auditLine, progressLine, scoreTable } from './report.ts'
import { type Measured, type Progress, playRun, type RunEvents } from './run.ts'
import { scaleSchedule } from './scale.ts'
import { durationMs, parseSchedule, type Schedule } from './schedule.ts'
import { scoreOf } from './scoring.ts'

/** Where the command writes: results on `stdout`, how it goes and what is wrong on `stderr`. */
export interface ScoreOutput {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: ProgressStream
}

/** A run about to be played, or the exit code with which it ends before it began, the reason said. */
export type Prepared<Options> =
  | {
      readonly kind: 'ready'
      readonly options: Options
      readonly schedule: Schedule
      readonly complain: Complain
    }
  | { readonly kind: 'ended'; readonly exitCode: number }

/** Writes each line on `stderr`, with the command's name before it. */
export type Complain = (lines: readonly string[]) => void

/** What every command that plays a schedule does first: all that can be wrong with the command line is found here. */
export async function prepareRun<Options extends ScoreOptions>(
  command: { readonly name: string; readonly help: string; readonly parse: Parse<Options> },
  argv: readonly string[],
  output: ScoreOutput,
): Promise<Prepared<Options>> {
  const complain: Complain = lines => {
    for (const line of lines) output.stderr.write(`${command.name}: ${line}\n`)
  }
  const wrong = (lines: readonly string[]) => {
    complain(lines)
    return { kind: 'ended', exitCode: 2 } as const
  }
  const asked = command.parse(argv)
  if (!asked.ok) return wrong([...asked.error, '--help shows them all'])
  if (asked.value.kind === 'help') {
    output.stdout.write(command.help)
    return { kind: 'ended', exitCode: 0 }
  }
  const { options } = asked.value
  const schedule = await scheduleFor(options)
  if (!schedule.ok) return wrong(schedule.error)
  const notWritable = await problemWithFile(options.jsonFile)
  if (notWritable !== undefined) return wrong([notWritable])
  return { kind: 'ready', options, schedule: schedule.value, complain }
}

type Parse<Options> = (argv: readonly string[]) => Result<Asked<Options>, readonly string[]>

/** The `score` command. Resolves with the exit code; scoreHelp says what each means. */
export async function runScore(argv: readonly string[], output: ScoreOutput = process): Promise<number> {
  const prepared = await prepareRun({ name: 'score', help: scoreHelp, parse: parseOptions }, argv, output)
  if (prepared.kind === 'ended') return prepared.exitCode
  const { options, schedule, complain } = prepared
  const progress = new ProgressWriter(output.stderr)
  return interruptible(async interrupt => {
    try {
      const request = { schedule, origins: options.origins, token: options.token }
      const measured = await playRun(request, watch(schedule, progress), interrupt)
      progress.end()
      return report(options, schedule, measured, output)
    } catch (error) {
      progress.end()
      if (interrupt.aborted) {
        complain(['interrupted; the processors have no delay and no failure again'])
        return 130
      }
      if (!(error instanceof StartProblem)) throw error
      complain([error.message])
      return 1
    }
  })
}

/** The schedule as it will be played. */
export async function scheduleFor(
  options: Pick<ScoreOptions, 'schedule' | 'vusMax' | 'scale'>,
): Promise<Result<Schedule, readonly string[]>> {
  const found = await loadSchedule(options.schedule)
  if (!found.ok) return found
  const vusMax = options.vusMax ?? found.value.vusMax
  return ok(scaleSchedule({ ...found.value, vusMax }, options.scale))
}

/** The schedule of a name or file, as `--schedule` takes it, or a line for each thing wrong with it. */
export async function loadSchedule(name: string): Promise<Result<Schedule, readonly string[]>> {
  if (name === 'preview' || name === 'final') return ok(officialSchedules[name])
  let text: string
  try {
    text = await readFile(name, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return err([
      `--schedule ${JSON.stringify(name)} cannot be read (${code}): preview, final or the path of a schedule file is allowed`,
    ])
  }
  return parseSchedule(name, text)
}

/** A run of minutes shall not end with a file that cannot be written. */
export async function problemWithFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const folder = dirname(resolve(path))
  try {
    await access(folder, constants.W_OK)
    return undefined
  } catch {
    return `--json ${JSON.stringify(path)} is not allowed: a file in a folder that exists and can be written to; ${folder} is none`
  }
}

function watch(schedule: Schedule, progress: ProgressWriter): RunEvents {
  let before: Progress | undefined
  return {
    onWaiting: text => progress.say(text),
    onStarted: () =>
      progress.say(
        `playing ${schedule.name}: up to ${schedule.vusMax} users over ${durationMs(schedule) / 1000} s; Ctrl-C ends it early`,
      ),
    onTick: now => {
      if (!progress.due(now.elapsedMs)) return
      progress.show(progressLine(schedule, before, now), now.elapsedMs)
      before = now
    },
    onAudit: audit => {
      if (audit.inconsistencyCount > 0) progress.say(auditLine(audit))
    },
  }
}

/**
 * Runs with a signal that SIGINT or SIGTERM aborts. They are caught until the end, not only once: a Ctrl-C under npm
 * arrives twice, and the second one must not cut the tidying short, which is bounded by the requests' own time limits.
 */
export async function interruptible<T>(work: (interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const interrupt = () => controller.abort()
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function report(
  options: ScoreOptions,
  schedule: Schedule,
  measured: Measured,
  output: ScoreOutput,
): Promise<number> {
  const { counts } = measured
  const score = scoreOf(counts, schedule)
  const results = partialResults(options.participant, schedule, counts, score, new Date().toISOString())
  const json = `${JSON.stringify(results, null, 2)}\n`
  output.stdout.write(`${scoreTable(schedule, measured, score)}\n${json}`)
  if (options.jsonFile === undefined) return 0
  try {
    await writeFile(options.jsonFile, json)
    return 0
  } catch (error) {
    output.stderr.write(`score: ${options.jsonFile} could not be written: ${String(error)}\n`)
    return 1
  }
}
