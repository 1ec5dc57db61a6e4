import { join } from 'node:path'
import { timers } from '@rinha/channel/tcp'
import { printBeat } from '@rinha/coordinator'
import { JetStreamLog } from '@rinha/journal/jetstream'
import { paymentRecordBytes, paymentState, writePaymentRecord } from '@rinha/payment'
import { freePorts } from '@rinha/service'
import { NatsServers, temporaryDirectory } from '@rinha/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { leadLog } from './led-log.ts'
import { openLogs } from './log-sources.ts'
import {
  contentIn,
  contentOf,
  entry,
  fees,
  names,
  paymentCount,
  run,
  startMs,
  writeJournal,
} from './testing.ts'

/** Against a server of NATS. A log is heard for two seconds each time, so tests run beside one another. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const from = join(temporaryDirectory(), 'one')
let servers: NatsServers
const access = () => ({ servers: servers.urls, replicaCount: 1, logBytesMax: 2 ** 26 })

beforeAll(async () => {
  servers = await NatsServers.start(await freePorts(3))
  vi.stubEnv('LOG_SERVERS', `nats://${servers.urls[0]}`)
  vi.stubEnv('LOG_BYTES_MAX', `${2 ** 26}`)
  await writeJournal(from)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await servers.stop()
})

/** Its payments in memory, its sums for windows of whole seconds, and of all time, and what operators have set. */
async function knownOf(name: string) {
  const found = await openLogs({ kind: 'log', name, access: access() }, false)
  const sums = found.names.map(() => [] as { count: number; amountCents: number }[])
  const windows = [[null, null] as const].concat(
    Array.from({ length: 30 }, (_, at) => [startMs + at * 1000, startMs + at * 3000 + 999]) as never,
  )
  for (const [fromMs, toMs] of windows)
    for (const [index, each] of sums.entries()) {
      const total = { count: 0, amountCents: 0 }
      for (const { ledger, processors } of found.sources) {
        const { count, amountCents } = ledger.summary(fromMs, toMs)[processors.indexOf(index)] ?? total
        total.count += count
        total.amountCents += amountCents
      }
      each.push(total)
    }
  const content = await contentIn(found)
  const operator = found.sources.map(source => source.operator)
  await found.close()
  return { content, sums: Object.fromEntries(found.names.map((name, at) => [name, sums[at]])), operator }
}

async function refused(words: RegExp, ...given: Parameters<typeof run>): Promise<void> {
  const { code, stderr } = await run(...given)
  expect([code, stderr]).toEqual([1, expect.stringMatching(words)])
}

test.concurrent('a journal goes into replicated logs, which are divided and joined again: sums, payments in memory and what operators have set go on', async () => {
  const { code, stderr } = await run(from, 'log:four', 4)
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(
      /25 payments are archived, and a replicated log has no archive.*\n(.*\n)*payments +120 +120\n(.*\n)*of these archived +25 +25\n/,
    ),
  ])
  const archived = Object.entries(await contentOf(from)).filter(([, [first]]) => typeof first !== 'number')
  expect(archived).toHaveLength(25)
  const { content, sums } = await knownOf('four')
  expect(Object.keys(content)).toHaveLength(paymentCount - 25)
  for (const [id] of archived) expect(content[id]).toBeUndefined()
  expect(sums.default?.[0]?.count).toBe(20)
  for (const [source, to, shards] of [
    ['four', 'two', 2],
    ['two', 'three', 3],
  ] as const) {
    const outcome = await run(`log:${source}`, `log:${to}`, shards)
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 })
    const known = await knownOf(to)
    expect([known.content, known.sums]).toEqual([content, sums])
    expect(known.operator).toEqual(
      Array.from({ length: shards }, () => ({ entries: [entry], fees: JSON.stringify(fees) })),
    )
  }
  await refused(/log:four was moved to log:two by an earlier reshard/, 'log:four', 'log:five', 5)
  await refused(/log:two is there already/, 'log:three', 'log:two', 2)
  await refused(/there is no log:nowhere/, 'log:nowhere', 'log:other', 2)
  await refused(/of 25 payments only the sums are left/, 'log:three', join(temporaryDirectory(), 'to'), 2)
})

test.concurrent('logs without payments that have left memory go into directories, and back', async () => {
  const log = await leadLog(access(), 'young', names)
  const { ledger } = log
  const records = new Uint8Array(paymentRecordBytes)
  writePaymentRecord(records, 0, new Uint8Array(16).fill(1), 1990)
  ledger.apply({ kind: 'accepted', acceptedAtMs: startMs, records })
  await log.replace(ledger)
  await log.close()
  const content = await contentOf('log:young')
  expect(Object.values(content)).toEqual([[paymentState.queued, 1990, startMs, undefined, 0, undefined]])
  const directory = join(temporaryDirectory(), 'two')
  expect(await run('log:young', directory, 2)).toMatchObject({ code: 0 })
  expect(await contentOf(directory)).toEqual(content)
  expect(await run(directory, 'log:again', 1)).toMatchObject({ code: 0 })
  expect(await contentOf('log:again')).toEqual(content)
})

test.concurrent('while a coordinator leads, nothing is begun', async () => {
  const log = await leadLog(access(), 'led', names)
  await log.mark('0/1')
  await refused(/log:led is led by the coordinator at reshard.invalid:1: stop all/, 'log:led', 'log:no', 2)
  await log.close()
  const stream = await JetStreamLog.open({ ...access(), shard: 'led' })
  const beat = { epoch: 1, address: 'a:9400', sequence: 1 }
  const stop = timers.every(200, () => stream.tell(printBeat({ ...beat, isLast: false })))
  await refused(/log:led is led by the coordinator at a:9400/, 'log:led', 'log:no', 2)
  stop()
  // It has said that it leads no more.
  stream.tell(printBeat({ ...beat, isLast: true }))
  await stream.close()
  expect(await run('log:led', 'log:yes', 2)).toMatchObject({ code: 0 })
})

test.concurrent('a run that ended before all marks were written is finished by another one; what is not whole is refused', async () => {
  const own = join(temporaryDirectory(), 'own')
  await writeJournal(own)
  expect(await run(own, 'log:begun', 2)).toMatchObject({ code: 0 })
  const content = await contentOf('log:begun')
  expect(await run('log:begun', 'log:cut', 3)).toMatchObject({ code: 0 })
  for (const name of ['cut-1', 'cut-2']) {
    const log = await leadLog(access(), name, undefined)
    await log.mark('unfinished')
    await log.close()
  }
  await refused(/log:cut-1 was not finished by an earlier reshard/, 'log:cut', 'log:other', 2)
  await refused(/log:cut has 3 shards, and --shards is 4/, 'log:begun', 'log:cut', 4)
  expect(await run('log:begun', 'log:cut', 3)).toMatchObject({ code: 0 })
  expect(await contentOf('log:cut')).toEqual(content)
})

test('a place that names no log, or needs servers, is a wrong command line', async () => {
  expect(await run(from, 'log:a b', 2)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--to log:a b: the name of a log has 1 to 32 letters'),
  })
  vi.stubEnv('LOG_SERVERS', '')
  expect(await run(from, 'log:ab', 2)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--to log:ab needs the variable LOG_SERVERS'),
  })
})
