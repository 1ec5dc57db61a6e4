import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Command,
  command,
  type NodeModule,
  type Output,
  UsageProblem,
  workerModule,
} from '@rinha/service'
import { printOptions } from '@rinha/settings'
import type { ClusterReport, PlanOptions } from '@rinha/simulator'
import { withPlayers } from '../player.ts'
import { ProgressWriter } from '../progress.ts'
import { writePlayer } from '../run-player/player-file.ts'
import { type SimulateOptions, simulateOptions } from './options.ts'
import { planOptions, type RunOutcome, runSeeds, type SimulateJob } from './run.ts'
import { printTable } from './table.ts'

export const simulate: Command<SimulateOptions> = command({
  name: 'simulate',
  summary: 'play the cluster and its faults in virtual time, seed by seed',
  typed: 'npm run simulate --',
  about: `Plays the whole cluster in virtual time: clients, API nodes, the channel, the coordinator, processors, and the faults
between them. Each run has one thread and one seed, and the same seed gives exactly the same run. Checkers compare the answers
that clients got with the processors' own books.`,
  options: simulateOptions,
  notes: 'Exit code: 0 no violation was found; 1 a checker found a violation; 2 a wrong option.',
  work: async (given, output) => {
    if (given.crashes && given.replicated)
      throw new UsageProblem(
        '--crashes is about one coordinator, and --replicated about several: leave one out',
      )
    // A page shows one run.
    const options = given.html === undefined ? given : { ...given, seeds: 1 }
    output.stdout.write(`simulate ${printOptions(simulateOptions, options)}\n`)
    if (options.crashes) {
      output.stdout.write(
        'with crashes: payments that a coordinator without a journal loses are not counted as violations\n',
      )
    }
    const directory = mkdtempSync(join(tmpdir(), 'simulate-'))
    try {
      const program = await programOf(options, directory)
      return await playSeeds(options, program, output)
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
})

async function playSeeds(options: SimulateOptions, program: NodeModule, output: Output): Promise<number> {
  const progress = new ProgressWriter(output.stderr)
  const onReport = (seedCount: number, { plan }: ClusterReport) => {
    if (progress.isDue) progress.show(`${seedCount} of ${options.seeds} seeds, now at ${plan.seed}`)
  }
  const playerCount = Math.min(options.workers, options.seeds)
  const jobs = withPlayers<SimulateJob, ClusterReport, RunOutcome & { readonly page?: string }>
  const outcome = await jobs(playerCount, program, async plays => {
    const played = await runSeeds(options, plays, onReport)
    const [play] = plays
    if (options.html === undefined || play === undefined) return played
    const job = planOptions(options, options.seed)
    const report = await play({ ...job, records: true })
    return { ...played, page: await writePlayer(options.html, report, again(options, job)) }
  })
  progress.end()
  if (outcome.failure !== undefined) output.stdout.write(printFailure(options, outcome.failure))
  output.stdout.write(printTable(outcome.summary))
  if (outcome.page !== undefined) output.stdout.write(`Page that plays the run: ${outcome.page}\n`)
  return outcome.failure === undefined ? 0 : 1
}

function printFailure(
  options: SimulateOptions,
  { found, shortest }: NonNullable<RunOutcome['failure']>,
): string {
  const { violation, tally } = shortest.report
  return [
    '',
    ...(violation?.trace ?? []),
    '',
    `seed ${found.options.seed} breaks "${found.report.violation?.checker}": ${found.report.violation?.message}`,
    `  ${again(options, found.options)}`,
    ...(shortest === found
      ? []
      : [
          `the shortest run found, whose trace stands above: ${violation?.message}`,
          `  ${again(options, shortest.options)}`,
        ]),
    `  after ${((violation?.atMs ?? 0) / 1000).toFixed(2)} s and ${tally.payments} payments`,
    '',
    '',
  ].join('\n')
}

/** The command that plays it again. */
function again(options: SimulateOptions, played: PlanOptions): string {
  return `npm run simulate -- ${printOptions(simulateOptions, {
    seed: played.seed,
    seeds: 1,
    minutes: played.minutes,
    payments: played.paymentCountMax,
    crashes: options.crashes,
    replicated: options.replicated,
    shards: options.shards,
    mutant: options.mutant,
  })}`
}

/** The player's program: this project's, or one with the mutant's edits, made now. */
async function programOf({ mutant }: SimulateOptions, directory: string): Promise<NodeModule> {
  if (mutant === undefined) return workerModule('simulate', import.meta.url)
  const tools = new URL('../tools/mutants.mjs', import.meta.url).href
  const { bundleMutant } = (await import(tools)) as {
    bundleMutant(name: string, entry: string, outfile: string): Promise<readonly string[] | undefined>
  }
  const module = join(directory, 'simulate.worker.mjs')
  const names = await bundleMutant(mutant, 'apps/judge/src/simulate/simulate.worker.ts', module)
  if (names === undefined) return { module }
  throw new UsageProblem(
    `--mutant ${JSON.stringify(mutant)} is not allowed: one of`,
    ...names.map(known => `  ${known}`),
  )
}
