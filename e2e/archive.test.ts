import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { BareCluster } from './testing/bare-cluster.ts'
import { cliPath, Program } from './testing/cluster-process.ts'

const paymentCount = 1500
const directory = temporaryDirectory()
const ids = Array.from({ length: paymentCount }, () => randomUUID())
let cluster: BareCluster

/** The ledger has room for two thirds of the payments. Since room is short, payments leave it a minute after they came. */
beforeAll(async () => {
  const limits = { JOURNAL_DIR: directory, PAYMENT_COUNT_MAX: '1000', PURGE_ALLOWED: 'true' }
  cluster = await BareCluster.start(limits, { BUFFER_COUNT_MAX: '100', ACK_LEVEL: 'journaled' })
  await postAll(ids.slice(0, 880))
  const url = `http://localhost:${cluster.ports.adminPort}/queue-status`
  const keptCount = async () => (await cluster.get<{ readonly keptCount: number }>(url)).keptCount
  await until(async () => (await keptCount()) < 880, 'the first ones have left', 120_000)
  await postAll(ids.slice(880))
  await until(async () => (await settled()).totalRequests === paymentCount, 'all are settled')
}, 180_000)

async function postAll(some: readonly string[]): Promise<void> {
  const queue = [...some]
  const client = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      const next = id
      await until(() => isTaken(next), 'it is taken')
    }
  }
  await Promise.all(Array.from({ length: 20 }, client))
}

afterAll(() => cluster?.kill())

const isTaken = async (id: string) => (await cluster.post(id, 19.9)).status === 202

async function settled() {
  const { default: first, fallback } = await cluster.summary()
  return {
    totalRequests: first.totalRequests + fallback.totalRequests,
    totalAmount: Number((first.totalAmount + fallback.totalAmount).toFixed(2)),
  }
}

const shown = (id: string) =>
  cluster.get<{ readonly state: string; readonly archived?: boolean }>(
    `http://localhost:${cluster.ports.adminPort}/payments/${id}`,
  )
const recordedCount = async () =>
  (await cluster.books('default')).totalRequests + (await cluster.books('fallback')).totalRequests

test('more payments than the ledger holds are settled, and those that left it are answered from the archive', async () => {
  expect(await settled()).toEqual({ totalRequests: paymentCount, totalAmount: 29_850 })
  expect(await recordedCount()).toBe(paymentCount)
  let archivedCount = 0
  for (let from = 0; from < paymentCount; from += 50) {
    const some = ids.slice(from, from + 50)
    const [onAdmin, onNode] = await Promise.all([
      Promise.all(some.map(shown)),
      Promise.all(some.map(id => cluster.payment(id))),
    ])
    for (const { state } of [...onAdmin, ...onNode]) expect(state).toBe('settled')
    archivedCount += onAdmin.filter(({ archived }) => archived === true).length
  }
  expect(archivedCount).toBeGreaterThan(500)
})

test('after a kill, payments that come again are known, and are not charged', async () => {
  cluster.coordinator.signal('SIGKILL')
  await cluster.coordinator.exit
  cluster.startCoordinatorAgain()
  await until(() =>
    settled().then(
      ({ totalRequests }) => totalRequests === paymentCount,
      () => false,
    ),
  )
  for (const id of ids.slice(0, 200)) await until(() => isTaken(id), 'it is taken')
  const archived = await until(async () => {
    for (const id of ids) if ((await shown(id)).archived === true) return id
    return undefined
  })
  expect((await cluster.post(String(archived), 5)).status).toBe(409)
  expect(await settled()).toEqual({ totalRequests: paymentCount, totalAmount: 29_850 })
  expect(await recordedCount()).toBe(paymentCount)
})

test('an export beside the running coordinator has every payment once, and the totals of the summary', async () => {
  const file = join(temporaryDirectory(), 'export.csv')
  const program = new Program(process.execPath, [
    cliPath,
    'ledger',
    'export',
    '--dir',
    directory,
    '--out',
    file,
  ])
  expect(await program.exit, program.output).toBe(0)
  const { default: first } = await cluster.summary()
  expect(program.output).toMatch(
    new RegExp(`default +${first.totalRequests} +${first.totalAmount.toFixed(2)}`),
  )
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
  expect(lines.map(line => line.split(',')[0]).sort()).toEqual([...ids].sort())
})

test('a coordinator whose archive is lost is not started', async () => {
  cluster.coordinator.signal('SIGTERM')
  await cluster.coordinator.exit
  renameSync(join(directory, 'archive'), join(directory, 'elsewhere'))
  cluster.startCoordinatorAgain()
  expect(await cluster.coordinator.exit).toBe(1)
  expect(cluster.coordinator.output).toMatch(
    /the archive in .* has 0 payments, and the journal has moved \d+ there/,
  )
  renameSync(join(directory, 'elsewhere'), join(directory, 'archive'))
  cluster.startCoordinatorAgain()
  await until(() =>
    settled().then(
      ({ totalRequests }) => totalRequests === paymentCount,
      () => false,
    ),
  )
})

test('a purge empties the archive', async () => {
  expect(readdirSync(join(directory, 'archive'))).toEqual(['generation-0'])
  const purge = () => fetch(cluster.nodeUrl('/purge-payments'), { method: 'POST' })
  await until(async () => (await purge()).ok, 'it is purged')
  await until(() => !existsSync(join(directory, 'archive', 'generation-0')), 'the files are removed')
  expect(await cluster.payment(String(ids[0]))).toMatchObject({ status: 404 })
  expect((await settled()).totalRequests).toBe(0)
})
