import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ClusterRunOptions, runCluster } from '../apps/judge/bench/cluster/run.ts'
import { root } from './testing/cluster-process.ts'

/** Short forms of `npm run chaos:cluster`. How long things take is judged there, on a quiet machine. */
async function play(options: Pick<ClusterRunOptions, 'mode'> & Partial<ClusterRunOptions>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'chaos-cluster-'))
  const { rules, findings } = await runCluster({
    ...{ seed: 7, shards: 1, perSecond: 100, lengthMs: 20_000, everyMs: 1500, times: 3 },
    ...{ bundles: join(root, 'dist'), directory, onProgress: () => {} },
    ...options,
  })
  expect(rules.length).toBeGreaterThan(10)
  const broken = rules.filter(
    ({ name, held, found }) => !held && (found === 'never' || !/ within /.test(name)),
  )
  expect(broken, `${findings.join('\n')}\nlogs: ${directory}`).toEqual([])
}

test(
  'faults of all kinds, at random: nothing is lost or charged twice, and no foreign frame is in the log',
  () => play({ mode: 'chaos' }),
  180_000,
)

test(
  'a server that leads the log is killed: what is replicated waits, and nothing is lost',
  () => play({ mode: 'kill-log', times: 1 }),
  180_000,
)

test(
  'a leader that stands still and goes on writes nothing, and asks for no health in the time of another one',
  () => play({ mode: 'stop-continue' }),
  180_000,
)

test(
  'faults of all kinds in two shards: no payment of either is lost or charged twice',
  () => play({ mode: 'chaos', shards: 2 }),
  180_000,
)
