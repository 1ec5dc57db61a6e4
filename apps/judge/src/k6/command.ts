import { writeFile } from 'node:fs/promises'
import { parse as parsePath } from 'node:path'
import { interruptible, prepareRun, type ScoreOutput } from '../score/command.ts'
import { partialResults } from '../score/partial-results.ts'
import { ProgressWriter } from '../score/progress.ts'
import { auditLine, scoreTable } from '../score/report.ts'
import { RunProblem } from '../score/run-problem.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import { scoreOf } from '../score/scoring.ts'
import { type Found, findContainers } from './containers.ts'
import { k6Version, officialVersion } from './k6-program.ts'
import { type K6Options, k6Help, parseK6Options } from './options.ts'
import { containersTable, k6ProgressLine, runsTable, type ScoredRun } from './report.ts'
import { type K6Measured, type K6RunEvents, playK6Run } from './run.ts'

/** The `score-k6` command. Resolves with the exit code; k6Help says what each means. */
export async function runScoreK6(argv: readonly string[], output: ScoreOutput = process): Promise<number> {
  const prepared = await prepareRun({ name: 'score-k6', help: k6Help, parse: parseK6Options }, argv, output)
  if (prepared.kind === 'ended') return prepared.exitCode
  const { options, schedule, complain } = prepared
  return interruptible(async interrupt => {
    const series = new Series(options, schedule, output, interrupt)
    try {
      await series.play()
      return 0
    } catch (error) {
      series.progress.end()
      if (interrupt.aborted) {
        complain(['interrupted; the processors have no delay and no failure again'])
        return 130
      }
      if (!(error instanceof RunProblem)) throw error
      complain([error.message])
      return 1
    }
  })
}

/** The runs of one command, one after the other. */
class Series {
  readonly progress: ProgressWriter
  readonly #options: K6Options
  readonly #schedule: Schedule
  readonly #output: ScoreOutput
  readonly #interrupt: AbortSignal

  constructor(options: K6Options, schedule: Schedule, output: ScoreOutput, interrupt: AbortSignal) {
    this.#options = options
    this.#schedule = schedule
    this.#output = output
    this.#interrupt = interrupt
    this.progress = new ProgressWriter(output.stderr)
  }

  async play(): Promise<void> {
    const { runCount, against } = this.#options
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
    const { measured, usages } = await this.#playAt(against.origin, `${against.name}, run ${run}`, found)
    const { acceptedCount, failedCount, p99Ms } = measured.counts
    if (acceptedCount === 0)
      throw new RunProblem(
        `${against.name} at ${against.origin} accepted no payment: there is nothing to compare with`,
      )
    this.#output.stdout.write(
      `${against.name} at ${against.origin}: ${acceptedCount} accepted, ${failedCount} failed, p99 ${p99Ms.toFixed(2)} ms\n\n`,
    )
    this.#writeContainers(found, usages)
    return p99Ms
  }

  async #scoredRun(run: number): Promise<Omit<ScoredRun, 'comparedP99Ms'>> {
    const { origins, project, participant } = this.#options
    const found = await findContainers(project, origins.backend)
    const { measured, usages } = await this.#playAt(origins.backend, `run ${run}`, found)
    const { counts } = measured
    const score = scoreOf(counts, this.#schedule)
    const results = partialResults(participant, this.#schedule, counts, score, new Date().toISOString())
    const json = `${JSON.stringify(results, null, 2)}\n`
    this.#output.stdout.write(`${scoreTable(this.#schedule, measured, score)}\n`)
    this.#writeContainers(found, usages)
    this.#output.stdout.write(json)
    await this.#keep(json, run)
    return { counts, score }
  }

  async #playAt(backend: string, title: string, found: Found): Promise<K6Measured> {
    const { origins, token } = this.#options
    const containers = found.kind === 'found' ? found.containers : []
    const request = { schedule: this.#schedule, origins: { ...origins, backend }, token, containers }
    const played = await playK6Run(request, this.#events(title), this.#interrupt)
    this.progress.end()
    return played
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
    const { jsonFile, runCount } = this.#options
    if (jsonFile === undefined) return
    const { dir, name, ext } = parsePath(jsonFile)
    const file = runCount === 1 ? jsonFile : `${dir === '' ? '.' : dir}/${name}-${run}${ext}`
    try {
      await writeFile(file, json)
    } catch (error) {
      throw new RunProblem(`--json: ${file} could not be written: ${String(error)}`)
    }
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
      // By one clock over all runs: each of them begins at 0 again.
      isProgressDue: () => progress.due(performance.now()),
      onProgress: (elapsedMs, now) =>
        progress.show(k6ProgressLine(schedule, elapsedMs, now), performance.now()),
      onAudit: audit => {
        if (audit.inconsistencyCount > 0) progress.say(auditLine(audit))
      },
    }
  }
}
