/**
 * What a journal in a replicated stream costs, against NATS servers that run: how long an entry waits until a quorum has it, how
 * long it takes to a standby, and how long a standby takes from its claim to its first confirmed entry.
 *
 *   npx tsx packages/journal/bench/stream.ts 127.0.0.1:4222,127.0.0.1:4223,127.0.0.1:4224 [PER_SECOND] [SECONDS]
 *
 * With three addresses or more the stream has three replicas. The servers need JetStream with `sync_interval: always`. The stream
 * is one of its own for each run, and stays there (`nats stream rm`). Times are wall times of one machine: compare, do not quote.
 */
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { alignedTable } from '@rinha/base'
import { type Fact, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { JetStreamLog } from '../src/jetstream/index.ts'
import { Journal } from '../src/journal.ts'
import type { JournalSink } from '../src/recover.ts'
import { Standby } from '../src/stream/standby.ts'

const [servers = '127.0.0.1:4222', perSecondText = '2400', secondsText = '20'] = process.argv.slice(2)
const addresses = servers.split(',')
const factCount = Number(perSecondText) * Number(secondsText)
const turnMs = 5
const shard = `bench-${randomBytes(4).toString('hex')}`
const timers = {
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  soon: (run: () => void) => {
    setImmediate(run)
  },
}

async function join(sink: JournalSink): Promise<{ stream: JetStreamLog; standby: Standby }> {
  const replicaCount = addresses.length < 3 ? 1 : 3
  const stream = await JetStreamLog.open({ servers: addresses, shard, replicaCount, logBytesMax: 2 ** 29 })
  const options = {
    processors: ['default', 'fallback'],
    journalId: new Uint8Array(randomBytes(16)),
    claimId: new Uint8Array(randomBytes(16)),
    retryMs: 100,
  }
  const onHalt = (words: string) => {
    throw new Error(words)
  }
  return {
    stream,
    standby: new Standby(stream, options, sink, { timers, onHalt, onOvertaken: () => onHalt('overtaken') }),
  }
}

async function lead(standby: Standby): Promise<Journal> {
  for (;;) {
    const log = await new Promise<Parameters<Parameters<Standby['lead']>[0]>[0]>(resolve =>
      standby.lead(resolve),
    )
    if (log !== undefined) return new Journal(log, standby.found, { segmentBytesMax: 2 ** 40 }, timers)
  }
}

/** acceptedAtMs is the number of the fact. */
function factOf(number: number): Fact {
  const records = new Uint8Array(paymentRecordBytes)
  writePaymentRecord(records, 0, new Uint8Array(randomBytes(16)), 1990)
  return { kind: 'accepted', acceptedAtMs: number, records }
}

const appendedMs = new Float64Array(factCount)
const waits: number[] = []
const lags: number[] = []
const nobody = { restore: () => {}, apply: () => {} }
const leader = await join(nobody)
const journal = await lead(leader.standby)
const follower = await join({
  restore: () => {},
  apply: fact => {
    if (fact.kind === 'accepted') lags.push(performance.now() - (appendedMs[fact.acceptedAtMs] ?? 0))
  },
})
const startedMs = performance.now()
for (let number = 0; number < factCount; ) {
  const due = ((performance.now() - startedMs) / 1000) * Number(perSecondText)
  for (; number < Math.min(due, factCount); number += 1) {
    const atMs = performance.now()
    appendedMs[number] = atMs
    journal.append(factOf(number))
    journal.whenSynced(() => waits.push(performance.now() - atMs))
  }
  await sleep(turnMs)
}
await new Promise<void>(resolve => journal.whenSynced(resolve))
while (lags.length < factCount) await sleep(turnMs)
const { commitCount } = journal.status
await leader.stream.close()

const claimedMs = performance.now()
const next = await lead(follower.standby)
const ledMs = performance.now() - claimedMs
next.append(factOf(0))
await new Promise<void>(resolve => next.whenSynced(resolve))
const confirmedMs = performance.now() - claimedMs
await follower.stream.close()

const row = (name: string, values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)
  return [name, at(0.5), at(0.99), at(1)]
}
const table = [
  ['ms', 'p50', 'p99', 'most'],
  row('an entry waits', waits),
  row('to the standby', lags),
  row('claim to lead', [ledMs]),
  row('claim to the first entry', [confirmedMs]),
]
process.stdout.write(
  `${alignedTable(table, 'lrrr').join('\n')}\n${factCount} facts at ${perSecondText} a second, ${commitCount} commits\n`,
)
process.exit(0)
