import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, type Complain, command, type Output } from '@rinha/service'
import type { Settings } from '@rinha/settings'
import type { Candidate, RunResult } from '@rinha/simulator'
import { type ProgressStream, ProgressWriter } from '../progress.ts'
import { withWrittenPart } from '../written-part.ts'
import { type LabOptions, labFlags, labOptions } from './options.ts'
import { type Job, planJobs } from './plan.ts'
import { playAll } from './players.ts'
import { plotRegrets } from './plot.ts'
import { printMarkdown, printText, type Sorted, sortResults, tablesOf } from './report.ts'

export const lab: Command<Settings<typeof labFlags>> = command({
  name: 'lab',
  summary: 'play hundreds of schedules against every policy, in virtual time',
  typed: 'npm run lab --',
  about:
    'Plays schedules against policies in virtual time, and compares what each policy earns with the most that a policy could earn that knows the future.',
  options: labFlags,
  notes:
    'docs/learning/policy-laboratory.md explains the measures. Exit code: 0 all schedules were played; 2 a wrong option.',
  work: async (flags, output, complain) => {
    await play(labOptions(flags), output, complain)
    return 0
  },
})

async function play(options: LabOptions, output: Output, complain: Complain): Promise<void> {
  const jobs = planJobs(options)
  const startMs = performance.now()
  const results = await playWithProgress(jobs, options.workers, output.stderr)
  const footer = footerOf(results, performance.now() - startMs)
  const sorted = sortResults(jobs, results)
  const tables = tablesOf(sorted)
  output.stdout.write(`${tables.map(printText).join('\n\n')}\n\n${footer}\n`)
  if (options.out === undefined) return
  const told = [...tables.map(printMarkdown), footer].join('\n\n')
  await writeResults(options.out, options.candidates, told, sorted)
  complain(`written to ${options.out}`)
}

async function playWithProgress(
  jobs: readonly Job[],
  workerCount: number,
  stream: ProgressStream,
): Promise<readonly RunResult[]> {
  const progress = new ProgressWriter(stream)
  const startMs = performance.now()
  let virtualMs = 0
  const results = await playAll(jobs, workerCount, (playedCount, result) => {
    virtualMs += result.virtualMs
    if (!progress.isDue) return
    const elapsedMs = performance.now() - startMs
    const leftSeconds = ((elapsedMs / playedCount) * (jobs.length - playedCount)) / 1000
    progress.show(
      `${playedCount} of ${jobs.length} runs, ${Math.round(virtualMs / elapsedMs)}× real time, ${Math.ceil(leftSeconds)} s left`,
    )
  })
  progress.end()
  return results
}

/** What was played, how fast, and a hash over all traces: equal wherever and with however many threads it is played. */
function footerOf(results: readonly RunResult[], elapsedMs: number): string {
  const virtualMs = results.reduce((sum, result) => sum + result.virtualMs, 0)
  const paymentCount = results.reduce((sum, result) => sum + result.acceptedCount, 0)
  const hash = createHash('sha256')
  for (const { traceHash } of results) hash.update(traceHash)
  const hours = (virtualMs / 3_600_000).toFixed(1)
  const millions = (paymentCount / 1e6).toFixed(1)
  return `${results.length} runs, ${hours} virtual hours, ${millions} million payments in ${(elapsedMs / 1000).toFixed(0)} s: ${Math.round(virtualMs / elapsedMs)}× real time. Trace hash ${hash.digest('hex').slice(0, 16)}.`
}

/** Replaces the written part of the page. */
async function writeResults(
  directory: string,
  candidates: readonly Candidate[],
  told: string,
  sorted: Sorted,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  const file = join(directory, 'policy-laboratory.md')
  const page = await readFile(file, 'utf8').catch(() => '# Policy laboratory\n')
  const date = new Date().toISOString().slice(0, 10)
  const block = `Played on ${date}.\n\n![Regret by policy](policy-laboratory.svg)\n\n${told}`
  await writeFile(file, withWrittenPart(page, 'npm run lab', block))
  const regretsOf = (set: 'tuning' | 'heldOut', label: string) =>
    (sorted.get(set)?.get(label) ?? []).map(({ regret }) => regret)
  const strips = candidates.map(({ label }) => ({
    label,
    tuning: regretsOf('tuning', label),
    heldOut: regretsOf('heldOut', label),
  }))
  await writeFile(join(directory, 'policy-laboratory.svg'), plotRegrets(strips))
}
