import { Cluster } from '@rinha/local-cluster'
import { onStopSignals, StartProblem } from '@rinha/service'
import { loadSchedule, runScore } from './score/command.ts'
import { parseOptions } from './score/options.ts'

/**
 * The `score` command with one option more: `--start` starts a cluster for the run, at the addresses that the other
 * options name and with the schedule's fees, and stops it afterwards. Without it a running one is scored.
 */
export async function runScoreCommand(argv: readonly string[]): Promise<number> {
  const scoreArgv = argv.filter(word => word !== '--start')
  if (scoreArgv.length === argv.length) return runScore(scoreArgv)
  const cluster = await clusterFor(scoreArgv)
  // What is wrong with the options, and the help page, are for the command itself to say, before anything starts.
  if (cluster === undefined) return runScore(scoreArgv)
  let scoring = false
  const forget = onStopSignals(
    // A run under way has its own answer to Ctrl-C: it puts the processors right again, then returns.
    () => {
      if (!scoring) cluster.stop()
    },
    () => cluster.kill(),
  )
  try {
    await cluster.start()
    scoring = true
    const first = await Promise.race([runScore(scoreArgv), cluster.ended])
    if (typeof first === 'number') return first
    process.stderr.write(`score: ${first === 'stopped' ? 'the cluster was stopped' : first.broken}\n`)
    return 1
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error
    process.stderr.write(`score: ${error.message}\n`)
    return 1
  } finally {
    await cluster.stop()
    forget()
  }
}

async function clusterFor(argv: readonly string[]): Promise<Cluster | undefined> {
  const asked = parseOptions(argv)
  if (!asked.ok || asked.value.kind === 'help') return undefined
  const { origins, schedule: name } = asked.value.options
  const schedule = await loadSchedule(name)
  if (!schedule.ok) return undefined
  const { feesBps } = schedule.value
  return new Cluster({
    port: portOf(origins.backend),
    defaultPort: portOf(origins.default),
    fallbackPort: portOf(origins.fallback),
    defaultFeeRate: feesBps.default / 10_000,
    fallbackFeeRate: feesBps.fallback / 10_000,
  })
}

function portOf(origin: string): number {
  // An origin leaves its scheme's own port out.
  return Number(new URL(origin).port || 80)
}
