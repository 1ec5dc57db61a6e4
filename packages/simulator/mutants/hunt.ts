import { drawPlan, runCluster } from '@rinha/simulator'

/**
 * Bundled with a mutant's edits and run as a process of its own: plays seeds, in half a minute each, until a checker finds
 * something, and prints as JSON what it was.
 */
const [firstSeed, seedCount] = process.argv.slice(2, 4).map(Number)
const crashes = process.argv[4] === 'crashes'
let found: object | null = null
for (let seed = firstSeed ?? 1; found === null && seed < (firstSeed ?? 1) + (seedCount ?? 1); seed += 1) {
  const { violation, tally } = runCluster(drawPlan({ seed, minutes: 0.5, crashes }))
  if (violation === undefined) continue
  const { checker, message, atMs } = violation
  found = { seed, checker, message, atMs, paymentCount: tally.payments }
}
process.stdout.write(`${JSON.stringify(found)}\n`)
