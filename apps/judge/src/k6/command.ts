import { parse as parsePath } from 'node:path'
import { type Command, command, type Output, StartProblem } from '@rinha/service'
import { ProgressWriter } from '../progress.ts'
import { RunRecorder } from '../run-report/recorder.ts'
import { writeReport } from '../run-report/report-file.ts'
import { playInterruptibly, resultsOf, scheduleToPlay, writeResults } from '../score/command.ts'
import { askToForget, heldBy } from '../score/may-forget.ts'
import { originsOf } from '../score/options.ts'
import { auditLine } from '../score/report.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { Targets } from '../score/targets.ts'
import { type Found, findContainers } from './containers.ts'
import { k6Version, officialVersion } from './k6-program.ts'
import { type K6Options, k6Options } from './options.ts'
import { containersTable, k6ProgressLine, runsTable, type ScoredRun } from './report.ts'
import { type K6Measured, type K6RunEvents, playK6Run } from './run.ts'

export const scoreK6: Command<K6Options> = command({
  name: 'score-k6',
  summary: 'play a schedule in k6, as the organisers do, and compute the score',
  typed: 'npm run score:k6 --',
  about: 'Plays a schedule in k6 against a running backend, as the organisers do, and computes its score.',
  options: k6Options,
  notes: `k6 has to be on the PATH. The command first purges both processors and the backend. If they hold payments, it asks on a
terminal, and needs --yes elsewhere.

Exit code: 0 every run was completed, whatever its score; 1 a run could not be completed; 2 a wrong option or schedule;
130 interrupted.`,
  work: async (options, output, complain) => {
    const schedule = await scheduleToPlay(options)
    return playInterruptibly(async interrupt => {
      const series = new Series(options, schedule, output, interrupt)
      await series.play().finally(() => series.progress.end())
      return 0
    }, complain)
  },
})

/** The runs of one command, one after the other. */
class Series {
  readonly progress: ProgressWriter
  readonly #options: K6Options
  readonly #schedule: Schedule
  readonly #output: Output
  readonly #interrupt: AbortSignal
  #isAsked = false

  constructor(options: K6Options, schedule: Schedule, output: Output, interrupt: AbortSignal) {
    this.#options = options
    this.#schedule = schedule
    this.#output = output
    this.#interrupt = interrupt
    this.progress = new ProgressWriter(output.stderr)
  }

  async play(): Promise<void> {
    const { runs: runCount, against } = this.#options
    const version = await k6Version()
    if (version !== officialVersion)
      this.progress.say(`this is k6 ${version}; the organisers' is ${officialVersion}`)
    const runs: ScoredRun[] = []
    for (let run = 1; run <= runCount; run += 1) {
      const comparedP99Ms = await this.#comparedP99Ms(run)
      runs.push({ ...(await this.#scoredRun(run)), comparedP99Ms })
    }
    if (runCount > 1 || against !== undefined) this.#output.stdout.write(runsTable(runs, against?.name))
  }

  async #comparedP99Ms(run: number): Promise<number> {
    const { against } = this.#options
    if (against === undefined) return Number.NaN
    const found = await findContainers(undefined, against.origin)
    const recorder = new RunRecorder(undefined)
    const title = `${against.name}, run ${run}`
    const { measured, usages } = await this.#playAt(against.origin, title, found, recorder)
    const { acceptedCount, failedCount, p99Ms } = measured.counts
    if (acceptedCount === 0)
      throw new StartProblem(
        `${against.name} at ${against.origin} accepted no payment, so there is nothing to compare with`,
      )
    this.#output.stdout.write(
      `${against.name} at ${against.origin}: ${acceptedCount} accepted, ${failedCount} failed, p99 ${p99Ms.toFixed(2)} ms\n\n`,
    )
    this.#writeContainers(found, usages)
    return p99Ms
  }

  async #scoredRun(run: number): Promise<Omit<ScoredRun, 'comparedP99Ms'>> {
    const { containers, backend, noReport, admin, runs: runCount } = this.#options
    const found = await findContainers(containers, backend)
    const recorder = new RunRecorder(noReport ? undefined : admin)
    const played = await this.#playAt(backend, `run ${run}`, found, recorder)
    const { measured, recording, usages } = played
    const { counts } = measured
    const { score, table, json } = resultsOf(this.#options, this.#schedule, measured)
    this.#output.stdout.write(`${table}\n`)
    this.#writeContainers(found, usages)
    this.#output.stdout.write(json)
    await this.#keep(json, run)
    const title = `Run ${run} of ${this.#schedule.name} in k6`
    const reported = { title, schedule: this.#schedule, measured, score, recording }
    const said = await writeReport(this.#options, reported, runCount === 1 ? '' : `-${run}`)
    if (said !== undefined) this.#output.stdout.write(`\n${said}\n\n`)
    return { counts, score }
  }

  async #playAt(backend: string, title: string, found: Found, recorder: RunRecorder): Promise<K6Measured> {
    const containers = found.kind === 'found' ? found.containers : []
    const origins = { ...originsOf(this.#options), backend }
    const prepare = (targets: Targets) => this.#prepare(targets)
    const { token } = this.#options
    const request = { schedule: this.#schedule, origins, token, containers, prepare, recorder }
    const played = await playK6Run(request, this.#events(title), this.#interrupt)
    this.progress.end()
    return played
  }

  /** Asked once: what a later run finds is of those before. */
  async #prepare(targets: Targets): Promise<void> {
    if (this.#isAsked) return
    const { yes, admin } = this.#options
    await askToForget(await heldBy(targets, admin), {
      ...{ yes, output: this.#output, interrupt: this.#interrupt },
      say: line => this.progress.say(line),
    })
    this.#isAsked = true
  }

  #writeContainers(found: Found, usages: K6Measured['usages']): void {
    const text =
      found.kind === 'found'
        ? containersTable(found.project, usages)
        : `Containers were not watched: ${found.reason}.\n`
    this.#output.stdout.write(`${text}\n`)
  }

  /** `results.json` is `results-2.json` for the second of several. */
  async #keep(json: string, run: number): Promise<void> {
    const { json: file, runs: runCount } = this.#options
    if (file === undefined) return
    const { dir, name, ext } = parsePath(file)
    await writeResults(runCount === 1 ? file : `${dir === '' ? '.' : dir}/${name}-${run}${ext}`, json)
  }

  #events(title: string): K6RunEvents {
    const schedule = this.#schedule
    const { progress } = this
    return {
      onWaiting: text => progress.say(text),
      onStarted: () =>
        progress.say(
          `${title}: playing ${schedule.name} in k6: up to ${schedule.vusMax} users over ${durationMs(schedule) / 1000} s; Ctrl-C ends it early`,
        ),
      isProgressDue: () => progress.isDue,
      onProgress: (elapsedMs, now) => progress.show(k6ProgressLine(schedule, elapsedMs, now)),
      onAudit: audit => {
        if (audit.inconsistencyCount > 0) progress.say(auditLine(audit))
      },
    }
  }
}
