import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwin, type Twin } from '../apps/processor-twin/src/index.ts'
import { openDirectory, shardDirectory } from '../packages/journal/src/fs/index.ts'
import { journalOnDisk, recoverJournal } from '../packages/journal/src/index.ts'
import { Ledger } from '../packages/ledger/src/index.ts'
import {
  paymentRecordBytes,
  printCorrelationId,
  printInstant,
  type Shard,
  shardMark,
  shardOf,
  writePaymentRecord,
} from '../packages/payment/src/index.ts'
import { freePorts } from '../packages/service/src/index.ts'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { cliPath, Program, root } from './testing/cluster-process.ts'

/**
 * The ledgers of all shards and their processor's book have up to a million payments, and one payment in the book is falsified. The
 * tests measure how long the search takes, at its default pace, until `GET /reconciliation` names that payment, and what
 * it costs the coordinator's event loop.
 */
const foundMsMax = 3000
/** 300 payments a second, as in the challenge's final. */
const everyMs = 1000 / 300
const firstAtMs = Date.UTC(2026, 0, 1)
const atMsOf = (row: number) => firstAtMs + Math.floor(row * everyMs)

const token = 'the-token-of-an-operator'
function idOf(row: number): Uint8Array {
  const id = new Uint8Array(16)
  const view = new DataView(id.buffer)
  // The ids are a multiplied counter, so that a hash has to scatter them.
  view.setUint32(0, Math.imul(row, 0x9e3779b1))
  view.setUint32(12, row)
  return id
}

/** Writes the journal of a shard that has settled all its payments. */
async function writeJournal(path: string, shard: Shard, paymentCount: number): Promise<void> {
  const opened = await openDirectory(path)
  if (!opened.ok) throw new Error(opened.error)
  const { disk, release } = opened.value
  const options = { processors: ['default', 'fallback'], segmentBytesMax: 64 * 1024 * 1024 }
  const empty = new Ledger({ processorCount: 2, paymentCountMax: 1, hashSeed: 1 })
  const found = recoverJournal(disk, options, empty)
  if (!found.ok) throw new Error(found.error.words)
  const writer = { ...options, journalId: new Uint8Array(16).fill(3), onProblem: console.error }
  const journal = journalOnDisk(disk, found.value, writer, {
    after: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    soon: run => void setImmediate(run),
  })
  const mark = shardMark(shard)
  if (mark !== undefined) journal.append({ kind: 'noted', topic: 'shard', text: mark })
  const numbers = Array.from({ length: paymentCount }, (_, number) => number)
  const own = numbers.filter(number => shardOf(idOf(number), shard.count) === shard.index)
  const batchCount = 1000
  for (let first = 0; first < own.length; first += batchCount) {
    const batch = own.slice(first, first + batchCount)
    const records = new Uint8Array(batch.length * paymentRecordBytes)
    for (const [index, number] of batch.entries())
      writePaymentRecord(records, index * paymentRecordBytes, idOf(number), 1990)
    journal.append({ kind: 'accepted', acceptedAtMs: atMsOf(batch[0] ?? 0), records })
    for (const [index, number] of batch.entries()) {
      const attempt = { row: first + index, processor: 0, requestedAtMs: atMsOf(number) }
      journal.append({ kind: 'sent', ...attempt })
      journal.append({ kind: 'settled', ...attempt })
    }
    await new Promise<void>(resolve => journal.whenSynced(resolve))
  }
  await new Promise<void>(resolve => journal.close(resolve))
  release()
}

/** Shards in so many processes, and a twin whose book has the payments of all of them. */
class Stage {
  readonly admin: string
  readonly #twin: Twin
  readonly #coordinators: readonly Program[]

  private constructor(admin: string, twin: Twin, coordinators: readonly Program[]) {
    this.admin = admin
    this.#twin = twin
    this.#coordinators = coordinators
  }

  static async start({ shardCount, processCount, paymentCount }: Setting): Promise<Stage> {
    const directory = temporaryDirectory()
    const twin = await startTwin({ port: 0, feeBps: 500, paymentCountMax: paymentCount + 1000 })
    for (let row = 0; row < paymentCount; row += 1) twin.model.books.record(idOf(row), 1990, atMsOf(row))
    const indices = Array.from({ length: shardCount }, (_, index) => index)
    const path = join(directory, 'journal')
    for (const index of indices) {
      const shard = { index, count: shardCount }
      await writeJournal(shardCount === 1 ? path : shardDirectory(path, shard), shard, paymentCount)
    }
    const tokens = join(directory, 'tokens')
    writeFileSync(tokens, `olga operator ${createHash('sha256').update(token).digest('hex')}\n`)
    const [adminPort = 0, channelPort = 0] = await freePorts(2, shardCount)
    const environment = {
      ADMIN_PORT: `${adminPort}`,
      ADMIN_TOKENS_FILE: tokens,
      CHANNEL_PORT: `${channelPort}`,
      JOURNAL_DIR: path,
      PAYMENT_COUNT_MAX: `${paymentCount + 1000}`,
      RETAIN_HOURS: '0',
      PROCESSORS: `default=http://127.0.0.1:${twin.port}@0.05,fallback=http://127.0.0.1:1@0.15`,
      PROCESSOR_ADMIN_TOKENS: 'default=123',
      SHARDS: `${shardCount}`,
      COORDINATORS: indices.map(index => `127.0.0.1:${channelPort + index}`).join(';'),
    }
    const perProcess = shardCount / processCount
    const coordinators = Array.from({ length: processCount }, (_, at) => {
      const own = indices.slice(at * perProcess, (at + 1) * perProcess)
      const SHARD = processCount === 1 ? '' : own.join()
      const program = join(root, 'dist', 'coordinator.mjs')
      return new Program(process.execPath, [program], { ...environment, SHARD })
    })
    const isUp = (index: number) =>
      fetch(`http://127.0.0.1:${adminPort + index}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    for (const index of indices) await until(() => isUp(index), `shard ${index} has read its journal`, 60_000)
    const stage = new Stage(`http://127.0.0.1:${adminPort}`, twin, coordinators)
    // Shard 0 connects to other processes in its own time. Until then a run says that it could not compare.
    const isEqual = async () => {
      await stage.ask('/reconciliation', 'POST')
      await until(async () => !(await stage.read()).isRunning)
      return (await stage.read()).processors[0]?.state === 'equal'
    }
    await until(isEqual, 'shard 0 reaches the ledgers of all', 30_000)
    return stage
  }

  async stop(): Promise<void> {
    for (const coordinator of this.#coordinators) {
      coordinator.signal('SIGKILL')
      await coordinator.exit
    }
    await this.#twin.close()
  }

  async ask<Json>(path: string, method = 'GET'): Promise<Json> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return (await (await fetch(`${this.admin}${path}`, { method, headers })).json()) as Json
  }

  read = () => this.ask<Report>('/reconciliation')

  async tamper(body: object): Promise<void> {
    const headers = { 'content-type': 'application/json', 'x-rinha-token': '123' }
    const url = `http://127.0.0.1:${this.#twin.port}/admin/tamper-payments`
    const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(status).toBe(204)
  }

  async longestTurnMs(): Promise<number> {
    const headers = { authorization: `Bearer ${token}` }
    const metrics = await (await fetch(`${this.admin}/metrics`, { headers })).text()
    return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(metrics)?.[1]) * 1000
  }
}

interface Setting {
  readonly shardCount: number
  readonly processCount: number
  readonly paymentCount: number
}

interface Report {
  readonly run: number
  readonly isRunning: boolean
  readonly processors: readonly {
    readonly state: string
    readonly callCount: number
    readonly differences: readonly {
      readonly kind: string
      readonly correlationId: string | null
      readonly theirs: { readonly requestedAt: string } | null
    }[]
  }[]
}

describe.each<Setting>([
  { shardCount: 1, processCount: 1, paymentCount: 1_000_000 },
  { shardCount: 2, processCount: 2, paymentCount: 100_000 },
  { shardCount: 4, processCount: 1, paymentCount: 100_000 },
])('$shardCount shards in $processCount processes, $paymentCount payments', setting => {
  const row = Math.floor(setting.paymentCount * 0.777_777)
  const correlationId = printCorrelationId(idOf(row))
  const stranger = randomUUID()
  const requestedAt = printInstant(atMsOf(row))
  const told = { correlationId, amount: 19.9, requestedAt }
  let stage: Stage

  beforeAll(async () => {
    stage = await Stage.start(setting)
  }, 180_000)

  afterAll(() => stage?.stop())

  test.each([
    ['missing', { correlationId }, told, correlationId],
    ['amount', { ...told, amount: 19.91 }, told, correlationId],
    ['requestedAt', { ...told, requestedAt: printInstant(atMsOf(row) + 60_000) }, told, correlationId],
    ['notOurs', { ...told, correlationId: stranger }, { correlationId: stranger }, null],
  ])(
    'a difference of kind %s, in one of the payments, is named within three seconds',
    async (kind, body, mended, id) => {
      await stage.tamper(body)
      await stage.longestTurnMs()
      const startedAtMs = performance.now()
      const before = (await stage.read()).processors[0]?.callCount ?? 0
      await stage.ask('/reconciliation', 'POST')
      const found = await until(async () =>
        (await stage.read()).processors[0]?.differences.find(each => each.kind === kind),
      )
      const ms = performance.now() - startedAtMs
      const calls = ((await stage.read()).processors[0]?.callCount ?? 0) - before
      await until(async () => !(await stage.read()).isRunning)
      const turnMs = await stage.longestTurnMs()
      console.log(
        `${kind}: ${ms.toFixed(0)} ms, ${calls} calls, longest turn of the coordinator ${turnMs.toFixed(1)} ms`,
      )
      expect(found).toMatchObject({ kind, correlationId: id })
      if (id === null) expect(found).toMatchObject({ theirs: { requestedAt } })
      expect(ms).toBeLessThan(foundMsMax)
      await stage.tamper(mended)
      await stage.ask('/reconciliation', 'POST')
      await until(async () => (await stage.read()).processors[0]?.state === 'equal')
      await until(async () => !(await stage.read()).isRunning)
    },
  )

  test('npm run reconcile names the payment and exits with 1, and once the book is mended exits with 0', async () => {
    const run = async () => {
      const cli = new Program(process.execPath, [cliPath, 'reconcile', '--admin', stage.admin], {
        ADMIN_TOKEN: token,
      })
      const startedAtMs = performance.now()
      await cli.exit
      console.log(`npm run reconcile: ${(performance.now() - startedAtMs).toFixed(0)} ms\n${cli.output}`)
      return { exit: await cli.exit, output: cli.output }
    }
    await stage.tamper({ correlationId })
    expect(await run()).toMatchObject({
      exit: 1,
      output: expect.stringContaining(`${correlationId} missing`),
    })
    await stage.tamper(told)
    expect((await run()).exit).toBe(0)
  })
})
