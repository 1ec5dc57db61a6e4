import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { cliPath, Program, type RunningCluster, startCluster } from './testing/cluster-process.ts'

const ids = Array.from({ length: 60 }, () => randomUUID())

async function start(JOURNAL_DIR: string, shards: number): Promise<RunningCluster> {
  const cluster = await startCluster({ JOURNAL_DIR, ACK_LEVEL: 'queued' }, shards)
  onTestFinished(() => cluster.program.signal('SIGKILL'))
  return cluster
}

const post = (cluster: RunningCluster, correlationId: string, amount = 19.9) =>
  fetch(cluster.public('/payments'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ correlationId, amount }),
  })

const summary = async (cluster: RunningCluster) => (await fetch(cluster.public('/payments-summary'))).text()

test('after the journal of one coordinator was divided among four, all know what it had, and send nothing again', async () => {
  const root = temporaryDirectory()
  const [one, four] = [join(root, 'one'), join(root, 'four')]
  const before = await start(one, 1)
  for (const id of ids) expect((await post(before, id)).status).toBe(202)
  await until(
    async () => (await summary(before)).includes(`"totalRequests":${ids.length}`),
    'all are settled',
  )
  const sums = await summary(before)
  before.program.signal('SIGTERM')
  expect(await before.program.exit).toBe(0)

  const command = ['ledger', 'reshard', '--from', one, '--to', four, '--shards', '4']
  expect(await new Program(process.execPath, [cliPath, ...command]).exit).toBe(0)

  const after = await start(four, 4)
  for (const id of ids) expect((await post(after, id)).status).toBe(202)
  expect((await post(after, ids[0] ?? '', 5)).status).toBe(409)
  expect(await summary(after)).toBe(sums)
  const shown = await (await fetch(after.public(`/payments/${ids[7]}`))).json()
  expect(shown).toMatchObject({ correlationId: ids[7], state: 'settled', amount: 19.9 })
  // These processors are new: what they had been sent would be in their books.
  for (const port of [after.ports.defaultPort, after.ports.fallbackPort]) {
    const headers = { 'x-rinha-token': '123' }
    const books = await fetch(`http://localhost:${port}/admin/payments-summary`, { headers })
    expect(await books.json()).toMatchObject({ totalRequests: 0 })
  }
  after.program.signal('SIGTERM')
  expect(await after.program.exit).toBe(0)
}, 120_000)
