import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProgressWriter } from '../score/progress.ts'
import { parseSimulateOptions, printOptions, type SimulateOptions, simulateHelp } from './options.ts'
import { type Player, startPlayer } from './player.ts'
import { type RunOutcome, runSeeds } from './run.ts'
import { printTable } from './table.ts'

/** The `simulate` command. Resolves with the exit code. */
export async function runSimulate(argv: readonly string[]): Promise<number> {
  const parsed = parseSimulateOptions(argv, availableParallelism())
  if (!parsed.ok) {
    process.stderr.write(`${parsed.error}\n`)
    return 2
  }
  if (parsed.value === 'help') {
    process.stdout.write(simulateHelp)
    return 0
  }
  const options = parsed.value
  process.stdout.write(`simulate ${printOptions(options)} --workers ${options.workerCount}\n`)
  if (options.crashes) {
    process.stdout.write(
      'with crashes: where the coordinator writes no journal, what it had is lost and left out of the accounts\n',
    )
  }
  const directory = mkdtempSync(join(tmpdir(), 'simulate-'))
  const players: Player[] = []
  try {
    const worker = await workerFile(options, directory)
    if (worker === undefined) return 2
    for (let index = 0; index < Math.min(options.workerCount, options.seedCount); index += 1)
      players.push(startPlayer(worker))
    return await simulate(options, players)
  } finally {
    await Promise.all(players.map(player => player.close()))
    rmSync(directory, { recursive: true })
  }
}

async function simulate(options: SimulateOptions, players: readonly Player[]): Promise<number> {
  const progress = new ProgressWriter(process.stderr)
  const outcome = await runSeeds(
    options,
    players.map(player => player.play),
    (seedCount, { plan }) => {
      const nowMs = performance.now()
      if (progress.due(nowMs))
        progress.show(`${seedCount} of ${options.seedCount} seeds, now at ${plan.seed}`, nowMs)
    },
  )
  progress.end()
  if (outcome.failure !== undefined) process.stdout.write(printFailure(options, outcome.failure))
  process.stdout.write(printTable(outcome.summary))
  return outcome.failure === undefined ? 0 : 1
}

function printFailure(
  options: SimulateOptions,
  { found, shortest }: NonNullable<RunOutcome['failure']>,
): string {
  const again = ({ options: played }: typeof found) =>
    `npm run simulate -- ${printOptions({
      firstSeed: played.seed,
      seedCount: 1,
      minutes: played.minutes,
      paymentCountMax: played.paymentCountMax,
      crashes: options.crashes,
      mutant: options.mutant,
    })}`
  const { violation, tally } = shortest.report
  return [
    '',
    ...(violation?.trace ?? []),
    '',
    `seed ${found.options.seed} breaks "${found.report.violation?.checker}": ${found.report.violation?.message}`,
    `  ${again(found)}`,
    ...(shortest === found
      ? []
      : [`the shortest run found, whose trace stands above: ${violation?.message}`, `  ${again(shortest)}`]),
    `  after ${((violation?.atMs ?? 0) / 1000).toFixed(2)} s and ${tally.payments} payments`,
    '',
    '',
  ].join('\n')
}

/** The thread's program: the one beside this bundle, or one with the mutant's edits, made now. */
async function workerFile({ mutant }: SimulateOptions, directory: string): Promise<string | undefined> {
  if (mutant === undefined) return fileURLToPath(new URL('./simulate.worker.mjs', import.meta.url))
  const tools = new URL('../tools/mutants.mjs', import.meta.url).href
  const { bundleMutant } = (await import(tools)) as {
    bundleMutant(name: string, entry: string, outfile: string): Promise<readonly string[] | undefined>
  }
  const file = join(directory, 'simulate.worker.mjs')
  const names = await bundleMutant(mutant, 'apps/judge/src/simulate/simulate.worker.ts', file)
  if (names === undefined) return file
  process.stderr.write(`--mutant ${JSON.stringify(mutant)} is not allowed: one of\n  ${names.join('\n  ')}\n`)
  return undefined
}
