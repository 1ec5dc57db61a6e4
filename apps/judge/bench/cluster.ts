/**
 * A cluster with a replicated log under load: three NATS servers, two coordinators, two API nodes, two processors, as processes.
 * It is disturbed; then every payment is compared, id by id. With --shards each coordinator has so many shards, and each shard a log.
 *
 *   npm run chaos:cluster -- chaos [--minutes 1] [--every 3] [--seed S]     faults of all kinds, at random, links cut too
 *   npm run chaos:cluster -- kill [--times 10] [--rate 600]                 the leader is killed
 *   npm run chaos:cluster -- hand-over [--times 10]                         the leader is stopped in order
 *   npm run chaos:cluster -- stop-continue [--times 10]                     the leader stands still, and goes on
 *   npm run chaos:cluster -- kill-log [--times 10]                          the server that leads the log is killed
 *
 * All take --shards N (1).
 *
 * Times are those of clients: from the fault until the first payment that is acknowledged again, of the
 * shard that waited longest. Not measured: separate machines,
 * power cuts. Exit code 1 if a rule was broken.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { shardCountMax } from '@rinha/payment'
import { tablePage } from '../src/chaos/report.ts'
import { drillNames } from './cluster/drills.ts'
import { runCluster } from './cluster/run.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    every: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 31)}` },
    shards: { type: 'string', default: '1' },
    times: { type: 'string', default: '10' },
    rate: { type: 'string', default: '600' },
  },
})
const mode = (['chaos', ...drillNames] as const).find(name => name === (positionals[0] ?? 'chaos'))
if (mode === undefined) throw new Error(`one of chaos, ${drillNames.join(', ')}, not ${positionals[0]}`)

function readShards(text: string): number {
  const shards = Number(text)
  if (!Number.isInteger(shards) || shards < 1 || shards > shardCountMax)
    throw new Error(`--shards is a number from 1 to ${shardCountMax}, not ${text}`)
  return shards
}

const directory = mkdtempSync(join(tmpdir(), 'chaos-cluster-'))
const result = await runCluster({
  mode,
  seed: Number(values.seed),
  shards: readShards(values.shards),
  perSecond: Number(values.rate),
  lengthMs: Number(values.minutes) * 60_000,
  everyMs: Number(values.every) * 1000,
  times: Number(values.times),
  bundles: fileURLToPath(new URL('../../../dist', import.meta.url)),
  directory,
  onProgress: line => process.stderr.write(`${line}\n`),
})
process.stdout.write(
  `${mode}, seed ${values.seed}, shards ${values.shards}\n${tablePage(result.rows, result.rules, result.findings)}`,
)
const isHeld = result.rules.every(({ held }) => held)
if (isHeld) rmSync(directory, { recursive: true })
else process.stdout.write(`logs: ${directory}\n`)
process.exit(isHeld ? 0 : 1)
