import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { timers } from '../packages/channel/src/tcp/index.ts'
import { Standby } from '../packages/journal/src/index.ts'
import { JetStreamLog } from '../packages/journal/src/jetstream/index.ts'
import { Ledger } from '../packages/ledger/src/index.ts'
import { until } from '../packages/testing/src/index.ts'
import { type Candidate, ReplicatedCluster } from './testing/replicated-cluster.ts'

/** Two processes that have two shards each, as leader or standby: who leads one says nothing about who leads the other. */
const tryCountMax = 15
let cluster: ReplicatedCluster

beforeAll(async () => {
  cluster = await ReplicatedCluster.start({ shards: 2, nodes: 2 })
}, 60_000)

afterAll(() => cluster?.stop())

test('each process leads a shard and stands by for the other; when one dies, the other one leads both', async () => {
  const [ofFirst, ofSecond] = await oneEach()
  const load = cluster.load(200)
  await load.acknowledges(300)
  await pause()
  ofFirst.program.signal('SIGKILL')
  await until(() => cluster.leads(ofSecond), 'one leads both')
  await load.acknowledges(300)
  await pause()
  await load.stop()
  expect(load.levels).toEqual(new Set(['ack=replicated']))
  await cluster.booksAgree(load)
  cluster.startAgain(ofFirst)
  await until(() => cluster.leads(ofFirst, []), 'the other one is back, as a standby of both')
  expect(Math.min(...cluster.pollGapsMs)).toBeGreaterThan(4990)
}, 180_000)

test.each([0, 1])(
  'a process that is replaced in shard %i alone ends in order, and comes back as a standby',
  async replaced => {
    const { leader, standby } = await cluster.roles(replaced)
    const load = cluster.load(100)
    await load.acknowledges(100)
    await claim(cluster.logName(replaced))
    expect(await leader.program.exit).toBe(1)
    expect(leader.program.output).toMatch(new RegExp(`"shard":${replaced},.*no longer this process's`))
    await until(() => cluster.leads(standby), 'the other one leads both')
    cluster.startAgain(leader)
    await until(() => cluster.leads(leader, []), 'it stands by for both')
    await load.acknowledges(200)
    await load.stop()
    expect(load.failures).toEqual([])
    await cluster.booksAgree(load)
    expect(Math.min(...cluster.pollGapsMs)).toBeGreaterThan(4990)
  },
  120_000,
)

/** From one poll to the next: whoever else asks does it within this time. */
async function pause(): Promise<void> {
  await cluster.polled()
  await cluster.polled()
}

/** Chance decides who claims a shard, where both processes start together. The leader of shard 0, and that of shard 1. */
async function oneEach(): Promise<readonly [Candidate, Candidate]> {
  for (let count = 0; count < tryCountMax; count += 1) {
    const [first, second] = [await cluster.roles(0), await cluster.roles(1)]
    if (first.leader !== second.leader) return [first.leader, second.leader]
    for (const { program } of cluster.coordinators) program.signal('SIGKILL')
    await Promise.all(cluster.coordinators.map(({ program }) => program.exit))
    for (const candidate of cluster.coordinators) cluster.startAgain(candidate)
    await cluster.steady()
  }
  throw new Error(`in ${tryCountMax} starts one process led both shards`)
}

/** Claims the next epoch of a log, as a coordinator would that hears nothing of the leader, and ends. */
async function claim(shard: string): Promise<void> {
  const stream = await JetStreamLog.open({
    servers: cluster.servers.urls,
    shard,
    replicaCount: 3,
    logBytesMax: 2 ** 26,
  })
  const drawn = new Uint8Array(randomBytes(16))
  const options = { processors: ['default', 'fallback'], journalId: drawn, claimId: drawn, retryMs: 200 }
  const ledger = new Ledger({ processorCount: 64, paymentCountMax: 1_000_000, hashSeed: 1 })
  const standby = new Standby(stream, options, ledger, {
    timers,
    onHalt: words => expect.fail(words),
    onOvertaken: () => expect.fail('a snapshot came'),
  })
  const log = await new Promise(resolve => standby.lead(resolve))
  expect(log).toBeDefined()
  await stream.close()
}
