import { constants } from 'node:fs'
import { access, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  type Command,
  type Complain,
  command,
  interruptible,
  type Output,
  StartProblem,
  UsageProblem,
} from '@rinha/service'
import type { Settings } from '@rinha/settings'
import { ProgressWriter } from '../progress.ts'
import { RunRecorder } from '../run-report/recorder.ts'
import { writeReport } from '../run-report/report-file.ts'
import type { Measured } from './closing.ts'
import { askToForget, heldBy } from './may-forget.ts'
import { officialSchedules } from './official-schedules.ts'
import { originsOf, type RunOptions, scoreOptions } from './options.ts'
import { partialResults } from './partial-results.ts'
import { auditLine, progressLine, scoreTable } from './report.ts'
import { type Progress, playRun, type RunEvents } from './run.ts'
import { scaleSchedule } from './scale.ts'
import { durationMs, parseSchedule, type Schedule } from './schedule.ts'
import { type Score, scoreOf } from './scoring.ts'
import type { Targets } from './targets.ts'
import { withCluster } from './with-cluster.ts'

export const score: Command<Settings<typeof scoreOptions>> = command({
  name: 'score',
  summary: 'play a schedule against a cluster and compute the score; --start starts a cluster',
  typed: 'npm run score --',
  about:
    'Plays a schedule against a running cluster and computes its score. `npm start` starts a cluster, and so does --start.',
  options: scoreOptions,
  notes: `The command first purges both processors and the backend. If they hold payments, it asks on a terminal, and needs --yes
elsewhere.

Exit code: 0 the run was completed, whatever its score; 1 it could not be completed; 2 a wrong option or schedule;
130 interrupted.`,
  work: async (options, output, complain) => {
    const schedule = await scheduleToPlay(options)
    const play = () => playAndReport(options, schedule, output, complain)
    return options.start ? withCluster(originsOf(options), schedule, play) : play()
  },
})

/** Runs until the end, or until an interrupt has put the processors right again. */
export function playInterruptibly(
  play: (interrupt: AbortSignal) => Promise<number>,
  complain: Complain,
): Promise<number> {
  return interruptible(play, () => complain('interrupted; the processors have no delay and no failure again'))
}

function playAndReport(
  options: RunOptions,
  schedule: Schedule,
  output: Output,
  complain: Complain,
): Promise<number> {
  const progress = new ProgressWriter(output.stderr)
  return playInterruptibly(async interrupt => {
    const prepare = async (targets: Targets) =>
      askToForget(await heldBy(targets, options.admin), {
        ...{ yes: options.yes, output, interrupt },
        say: line => progress.say(line),
      })
    const recorder = new RunRecorder(options.noReport ? undefined : options.admin)
    const request = { schedule, origins: originsOf(options), token: options.token, prepare, recorder }
    const { measured, recording } = await playRun(request, watch(schedule, progress), interrupt).finally(() =>
      progress.end(),
    )
    const { score, table, json } = resultsOf(options, schedule, measured)
    output.stdout.write(`${table}\n${json}`)
    if (options.json !== undefined) await writeResults(options.json, json)
    const title = `Run of ${schedule.name}`
    const said = await writeReport(options, { title, schedule, measured, score, recording })
    if (said !== undefined) output.stdout.write(`\n${said}\n`)
    return 0
  }, complain)
}

/** What a run came to: its score, the page for a reader, and the file for the official tools. */
export function resultsOf(
  { participant }: RunOptions,
  schedule: Schedule,
  measured: Measured,
): { readonly score: Score; readonly table: string; readonly json: string } {
  const score = scoreOf(measured.counts, schedule)
  const results = partialResults(participant, schedule, measured.counts, score, new Date().toISOString())
  return {
    score,
    table: scoreTable(schedule, measured, score),
    json: `${JSON.stringify(results, null, 2)}\n`,
  }
}

export async function writeResults(file: string, json: string): Promise<void> {
  try {
    await writeFile(file, json)
  } catch (error) {
    throw new StartProblem(`--json: ${file} could not be written: ${String(error)}`)
  }
}

/** The schedule as it will be played. Throws a UsageProblem, also where results could not be written at the end. */
export async function scheduleToPlay(
  options: Pick<RunOptions, 'schedule' | 'vus' | 'scale' | 'json' | 'report'>,
): Promise<Schedule> {
  const found = await loadSchedule(options.schedule)
  for (const name of ['json', 'report'] as const) {
    const path = options[name]
    if (path !== undefined) await assertIsWritable(name, path)
  }
  const vusMax = options.vus ?? found.vusMax
  return scaleSchedule({ ...found, vusMax }, options.scale)
}

/** The schedule of a name or file, as `--schedule` takes it. */
async function loadSchedule(name: string): Promise<Schedule> {
  if (name === 'preview' || name === 'final') return officialSchedules[name]
  const text = await readFile(name, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageProblem(
      `--schedule ${JSON.stringify(name)} cannot be read (${error.code}): give preview, final or the path of a schedule file`,
    )
  })
  const parsed = parseSchedule(name, text)
  if (!parsed.ok) throw new UsageProblem(...parsed.error)
  return parsed.value
}

async function assertIsWritable(name: string, path: string): Promise<void> {
  const folder = dirname(resolve(path))
  await access(folder, constants.W_OK).catch(() => {
    throw new UsageProblem(
      `--${name} ${JSON.stringify(path)} is not allowed: the folder ${folder} does not exist or cannot be written to`,
    )
  })
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
      if (!progress.isDue) return
      progress.show(progressLine(schedule, before, now))
      before = now
    },
    onAudit: audit => {
      if (audit.inconsistencyCount > 0) progress.say(auditLine(audit))
    },
  }
}
