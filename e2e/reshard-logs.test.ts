import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../packages/testing/src/index.ts'
import { cliPath, Program } from './testing/cluster-process.ts'
import { ReplicatedCluster } from './testing/replicated-cluster.ts'

let before: ReplicatedCluster
let after: ReplicatedCluster | undefined

beforeAll(async () => {
  before = await ReplicatedCluster.start({ shards: 2, nodes: 1 })
}, 60_000)

afterAll(async () => {
  await after?.stop()
  await before?.stop()
})

const ids = Array.from({ length: 60 }, () => randomUUID())
const queuedIds = Array.from({ length: 10 }, () => randomUUID())

const post = async ({ nodeUrl }: { nodeUrl(path: string): string }, correlationId: string, amount = 19.9) => {
  const answer = await fetch(nodeUrl('/payments'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ correlationId, amount }),
  })
  return answer.status
}

async function reshard(to: string, shards: number): Promise<Program> {
  const command = ['ledger', 'reshard', '--from', 'log:payments', '--to', to, '--shards', `${shards}`]
  const program = new Program(process.execPath, [cliPath, ...command], {
    LOG_SERVERS: before.logServers,
    LOG_BYTES_MAX: `${64 * 1024 * 1024}`,
  })
  await program.exit
  return program
}

test('the logs of two shards become those of three: all know what was there, send nothing again, and the old ones lead nothing more', async () => {
  const old = { nodeUrl: (path: string) => before.nodeUrl(path) }
  for (const id of ids) expect(await post(old, id)).toBe(202)
  await until(async () => (await settledCount(before)) === ids.length, 'all are settled')
  // What waits when everything stops: nothing is sent to a processor that is paused.
  for (const shard of before.shardIndices) {
    const { leader } = await before.roles(shard)
    await before.admin(leader, '/pause', { shard, method: 'POST', body: {} })
  }
  for (const id of queuedIds) expect(await post(old, id)).toBe(202)

  const led = await reshard('log:three', 3)
  expect(led.output).toMatch(/log:payments-\d is led by the coordinator at 127\.0\.0\.1:\d+: stop all/)
  expect(await led.exit).toBe(1)

  for (const { program } of before.coordinators) program.signal('SIGTERM')
  for (const { program } of before.coordinators) await program.exit
  const made = await reshard('log:three', 3)
  expect(await made.exit, made.output).toBe(0)
  expect(made.output).toMatch(/payments +70 +70\n(.*\n)*settled +60 +60\n/)

  // Somebody starts what was forgotten.
  for (const coordinator of before.coordinators) before.startAgain(coordinator)
  const [forgotten] = before.coordinators
  await forgotten?.program.said('has moved its payments to log:three')

  after = await ReplicatedCluster.start({ shards: 3, nodes: 1, name: 'three', beside: before })
  const now = { nodeUrl: (path: string) => (after as ReplicatedCluster).nodeUrl(path) }
  for (const id of [...ids, ...queuedIds]) expect(await post(now, id)).toBe(202)
  expect(await post(now, ids[0] ?? '', 5)).toBe(409)
  expect(await settledCount(after)).toBe(ids.length)
  // They are paused still.
  for (const shard of after.shardIndices) {
    const { leader } = await after.roles(shard)
    await after.admin(leader, '/resume', { shard, method: 'POST', body: {} })
  }
  const all = ids.length + queuedIds.length
  await until(async () => (await settledCount(after as ReplicatedCluster)) === all, 'the rest is settled')
  expect(await after.recordedCount()).toBe(all)
  for (const coordinator of before.coordinators)
    for (const shard of before.shardIndices) expect(await before.statusOf(coordinator, shard)).toBe('standby')
}, 180_000)

async function settledCount(cluster: ReplicatedCluster): Promise<number> {
  const answer = await fetch(cluster.nodeUrl('/payments-summary'))
  const sums = (await answer.json()) as Record<string, { readonly totalRequests: number }>
  return Object.values(sums).reduce((sum, { totalRequests }) => sum + totalRequests, 0)
}
