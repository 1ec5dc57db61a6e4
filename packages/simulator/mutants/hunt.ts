import { drawPlan, runCluster } from '@rinha/simulator'

/**
 * Bundled with a mutant's edits, and run as a process of its own. It plays the given seeds, half a minute each, until a
 * checker finds something, and prints the finding as JSON.
 */
const [kind, ...seeds] = process.argv.slice(2)
let found: object | null = null
for (const seed of seeds.map(Number)) {
  const options = {
    seed,
    minutes: 0.5,
    crashes: kind === 'crashes',
    isReplicated: kind === 'replicated',
    shardCount: kind === 'shards' ? 3 : 1,
  }
  const { violation, tally } = runCluster(drawPlan(options))
  if (violation === undefined) continue
  const { checker, message, atMs } = violation
  found = { seed, checker, message, atMs, paymentCount: tally.payments }
  break
}
process.stdout.write(`${JSON.stringify(found)}\n`)
