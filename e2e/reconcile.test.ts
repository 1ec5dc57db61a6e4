import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwin, type Twin } from '../apps/processor-twin/src/index.ts'
import { openDirectory } from '../packages/journal/src/fs/index.ts'
import { journalOnDisk, recoverJournal } from '../packages/journal/src/index.ts'
import { Ledger } from '../packages/ledger/src/index.ts'
import { paymentRecordBytes, printCorrelationId, printInstant } from '../packages/payment/src/index.ts'
import { freePorts } from '../packages/service/src/index.ts'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { cliPath, Program, root } from './testing/cluster-process.ts'

/**
 * A coordinator's ledger and its processor's book have a million payments, and one payment in the book is falsified. The
 * tests measure how long the search takes, at its default pace, until `GET /reconciliation` names that payment, and what
 * it costs the coordinator's event loop.
 */
const paymentCount = 1_000_000
const foundMsMax = 3000
/** 300 payments a second, as in the challenge's final. */
const everyMs = 1000 / 300
const firstAtMs = Date.UTC(2026, 0, 1)
const atMsOf = (row: number) => firstAtMs + Math.floor(row * everyMs)

const token = 'the-token-of-an-operator'
let twin: Twin
let coordinator: Program
let admin = ''
const directory = temporaryDirectory()

function idOf(row: number): Uint8Array {
  const id = new Uint8Array(16)
  const view = new DataView(id.buffer)
  // The ids are a multiplied counter, so that a hash has to scatter them.
  view.setUint32(0, Math.imul(row, 0x9e3779b1))
  view.setUint32(12, row)
  return id
}

/** Writes the journal of a coordinator that has settled all these payments. */
async function writeJournal(path: string): Promise<void> {
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
  const batchCount = 1000
  for (let first = 0; first < paymentCount; first += batchCount) {
    const records = new Uint8Array(batchCount * paymentRecordBytes)
    const view = new DataView(records.buffer)
    for (let index = 0; index < batchCount; index += 1) {
      records.set(idOf(first + index), index * paymentRecordBytes)
      view.setUint32(index * paymentRecordBytes + 20, 1990)
    }
    journal.append({ kind: 'accepted', acceptedAtMs: atMsOf(first), records })
    for (let row = first; row < first + batchCount; row += 1) {
      const attempt = { row, processor: 0, requestedAtMs: atMsOf(row) }
      journal.append({ kind: 'sent', ...attempt })
      journal.append({ kind: 'settled', ...attempt })
    }
    await new Promise<void>(resolve => journal.whenSynced(resolve))
  }
  await new Promise<void>(resolve => journal.close(resolve))
  release()
}

beforeAll(async () => {
  twin = await startTwin({ port: 0, feeBps: 500, paymentCountMax: paymentCount + 1000 })
  for (let row = 0; row < paymentCount; row += 1) twin.model.books.record(idOf(row), 1990, atMsOf(row))
  await writeJournal(join(directory, 'journal'))
  const tokens = join(directory, 'tokens')
  writeFileSync(tokens, `olga operator ${createHash('sha256').update(token).digest('hex')}\n`)
  const [adminPort, channelPort] = await freePorts(2)
  admin = `http://127.0.0.1:${adminPort}`
  coordinator = new Program(process.execPath, [join(root, 'dist', 'coordinator.mjs')], {
    ADMIN_PORT: `${adminPort}`,
    ADMIN_TOKENS_FILE: tokens,
    CHANNEL_PORT: `${channelPort}`,
    JOURNAL_DIR: join(directory, 'journal'),
    PAYMENT_COUNT_MAX: `${paymentCount + 1000}`,
    RETAIN_HOURS: '0',
    PROCESSORS: `default=http://127.0.0.1:${twin.port}@0.05,fallback=http://127.0.0.1:1@0.15`,
    PROCESSOR_ADMIN_TOKENS: 'default=123',
  })
  const isUp = () => fetch(`${admin}/health`).then(({ ok }) => ok)
  await until(() => isUp().catch(() => false), 'the coordinator has read its journal', 60_000)
}, 180_000)

afterAll(async () => {
  coordinator?.signal('SIGKILL')
  await coordinator?.exit
  await twin?.close()
})

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

async function ask<Json>(path: string, method = 'GET'): Promise<Json> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return (await (await fetch(`${admin}${path}`, { method, headers })).json()) as Json
}

const read = () => ask<Report>('/reconciliation')

async function tamper(body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-rinha-token': '123' }
  const url = `http://127.0.0.1:${twin.port}/admin/tamper-payments`
  const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(status).toBe(204)
}

async function longestTurnMs(): Promise<number> {
  const metrics = await (
    await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text()
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(metrics)?.[1]) * 1000
}

const row = 777_777
const correlationId = printCorrelationId(idOf(row))
const stranger = randomUUID()
const requestedAt = printInstant(atMsOf(row))
const told = { correlationId, amount: 19.9, requestedAt }

test.each([
  ['missing', { correlationId }, told, correlationId],
  ['amount', { ...told, amount: 19.91 }, told, correlationId],
  ['requestedAt', { ...told, requestedAt: printInstant(atMsOf(row) + 60_000) }, told, correlationId],
  ['notOurs', { ...told, correlationId: stranger }, { correlationId: stranger }, null],
])(
  'a difference of kind %s, in one of a million payments, is named within three seconds',
  async (kind, body, mended, id) => {
    await tamper(body)
    await longestTurnMs()
    const startedAtMs = performance.now()
    const before = (await read()).processors[0]?.callCount ?? 0
    await ask('/reconciliation', 'POST')
    const found = await until(async () =>
      (await read()).processors[0]?.differences.find(each => each.kind === kind),
    )
    const ms = performance.now() - startedAtMs
    const calls = ((await read()).processors[0]?.callCount ?? 0) - before
    await until(async () => !(await read()).isRunning)
    const turnMs = await longestTurnMs()
    console.log(
      `${kind}: ${ms.toFixed(0)} ms, ${calls} calls, longest turn of the coordinator ${turnMs.toFixed(1)} ms`,
    )
    expect(found).toMatchObject({ kind, correlationId: id })
    if (id === null) expect(found).toMatchObject({ theirs: { requestedAt } })
    expect(ms).toBeLessThan(foundMsMax)
    await tamper(mended)
    await ask('/reconciliation', 'POST')
    await until(async () => (await read()).processors[0]?.state === 'equal')
    await until(async () => !(await read()).isRunning)
  },
)

test('npm run reconcile names the payment and exits with 1, and once the book is mended exits with 0', async () => {
  const run = async () => {
    const cli = new Program(process.execPath, [cliPath, 'reconcile', '--admin', admin], {
      ADMIN_TOKEN: token,
    })
    const startedAtMs = performance.now()
    await cli.exit
    console.log(`npm run reconcile: ${(performance.now() - startedAtMs).toFixed(0)} ms\n${cli.output}`)
    return { exit: await cli.exit, output: cli.output }
  }
  await tamper({ correlationId })
  expect(await run()).toMatchObject({ exit: 1, output: expect.stringContaining(`${correlationId} missing`) })
  await tamper(told)
  expect((await run()).exit).toBe(0)
})
