import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { assert, Prng } from '@rinha/base'
import { freePorts } from '@rinha/service'
import { NatsServers, until } from '@rinha/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Journal } from '../journal.ts'
import { frameFillBytesMax } from '../limits.ts'
import { type LogHarness, logContract } from '../log/contract.ts'
import type { JournalSink } from '../recover.ts'
import type { PublishAnswer, ReadAnswer } from '../stream/record-stream.ts'
import { Standby } from '../stream/standby.ts'
import type { StreamLog } from '../stream/stream-log.ts'
import { newLedger, options, recordsOf } from '../testing.ts'
import { JetStreamLog } from './index.ts'

const timers = {
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  soon: (run: () => void) => {
    setImmediate(run)
  },
}
const logBytesMax = 16 * 1024 * 1024

describe.each([1, 3] as const)('the log in JetStream, servers: %i', count => {
  let servers: NatsServers
  let manager: JetStreamManager
  let drawnCount = 0
  const closers: (() => Promise<void>)[] = []

  beforeAll(async () => {
    servers = await NatsServers.start(await freePorts(3 * count))
    const connection = await connect({ servers: [...servers.urls], maxReconnectAttempts: -1 })
    closers.push(() => connection.close())
    manager = await jetstreamManager(connection)
  })
  afterAll(async () => {
    for (const close of closers) await close()
    await servers.stop()
  })

  const open = async (shard: string) => {
    const stream = await JetStreamLog.open({
      servers: servers.urls,
      shard,
      replicaCount: count,
      logBytesMax,
    })
    closers.push(() => stream.close())
    return stream
  }

  /** A process that reads the journal. */
  const begin = (stream: JetStreamLog, sink: JournalSink) => {
    drawnCount += 1
    const drawn = new Uint8Array(16).fill(drawnCount)
    const standbyOptions = { ...options, journalId: drawn, claimId: drawn, retryMs: 100 }
    return new Standby(stream, standbyOptions, sink, {
      timers,
      onHalt: words => expect.fail(words),
      onOvertaken: expect.fail,
    })
  }

  const leader = async (stream: JetStreamLog, sink: JournalSink) => {
    const standby = begin(stream, sink)
    const log = await new Promise<StreamLog | undefined>(resolve => standby.lead(resolve))
    assert(log !== undefined, 'no other process claims')
    return { log, found: standby.found }
  }

  const readAll = async (stream: JetStreamLog, sink: JournalSink) => {
    const info = await until(() => manager.streams.info(stream.name).catch(() => undefined))
    const standby = begin(stream, sink)
    await until(() => standby.sequence >= (info?.state.last_seq ?? 0), 'all is read')
    standby.stop()
  }

  const harness = async (shard: string): Promise<LogHarness> => {
    const stream = await open(shard)
    return {
      start: async sink => leader(await open(shard), sink),
      read: sink => readAll(stream, sink),
      async setFull(isFull) {
        const { state } = await manager.streams.info(stream.name)
        await manager.streams.update(stream.name, { max_bytes: isFull ? state.bytes : logBytesMax })
      },
      until: async (what, condition) => {
        await until(condition, what)
      },
    }
  }

  test.each(logContract.map((check, index) => ({ ...check, index })))('$name', async ({ run, index }) =>
    run(await harness(`contract-${index}`)),
  )

  test('a leader with nothing to write notices that another process leads', async () => {
    const first = await leader(await open('idle'), newLedger())
    expect(first.log.lost()).toBeUndefined()
    await leader(await open('idle'), newLedger())
    expect(await until(() => first.log.lost())).toMatch(/epoch 1, and record 2 claims epoch 2/)
  })

  test('what one process tells reaches the others, until they listen no more', async () => {
    const [first, second] = [await open('words'), await open('words')]
    const heard: string[] = []
    const stopListening = second.listen(words => heard.push(words))
    await until(() => {
      first.tell('one')
      return heard.length > 0
    })
    stopListening()
    expect([new Set(heard), first.isConnected, first.replicaCount]).toEqual([new Set(['one']), true, count])
  })

  test('the longest record is stored, and read back', async () => {
    const stream = await open('long')
    await leader(stream, newLedger())
    const bytes = new Uint8Array(frameFillBytesMax + 40).map((_, index) => index)
    const stored = await new Promise<PublishAnswer>(resolve => {
      stream.publish({ subject: 'frames', bytes, epochSequence: 1, lastSequence: 1 }, resolve)
    })
    expect(stored).toEqual({ kind: 'stored', sequence: 2 })
    const read = await new Promise<ReadAnswer>(resolve => stream.read(2, resolve))
    assert(read.kind === 'record', 'it is there')
    expect(Buffer.compare(read.record.bytes, bytes)).toBe(0)
  })

  test('when the server that leads the stream is killed: what was confirmed is there, and the writer goes on', async () => {
    const shard = 'killed'
    const stream = await open(shard)
    const ledger = newLedger()
    const { log, found } = await leader(stream, ledger)
    const journal = new Journal(log, found, { segmentBytesMax: 1 << 20, retryMs: 100 }, timers)
    const prng = new Prng(count)
    let [appendedCount, confirmedCount, isOver] = [0, 0, false]
    const append = () => {
      if (isOver) return
      appendedCount += 1
      journal.append({ kind: 'accepted', acceptedAtMs: appendedCount, records: recordsOf(prng, 1) })
      journal.whenSynced(() => {
        confirmedCount += 1
      })
      setTimeout(append, 2)
    }
    append()
    await until(() => confirmedCount > 50)
    const { cluster } = await manager.streams.info(stream.name)
    const index = Number(cluster?.leader?.slice(1) ?? 0)
    await servers.kill(index)
    if (count === 1) servers.startServer(index)
    const atKillCount = confirmedCount
    await until(() => confirmedCount > atKillCount + 200, 'the writer goes on', 40_000)
    if (count > 1) servers.startServer(index)
    isOver = true
    await until(() => confirmedCount === appendedCount, 'all is confirmed', 40_000)
    const read: number[] = []
    const apply: JournalSink['apply'] = fact => fact.kind === 'accepted' && read.push(fact.acceptedAtMs)
    await readAll(await open(shard), { restore: () => {}, apply })
    expect(read).toEqual(Array.from({ length: appendedCount }, (_, each) => each + 1))
    expect(journal.failure).toBeUndefined()
  }, 120_000)

  test('a log that is full goes on when a snapshot has made room', async () => {
    const small = await JetStreamLog.open({
      ...{ servers: servers.urls, shard: 'full', replicaCount: count, logBytesMax: 20_000 },
    })
    closers.push(() => small.close())
    const ledger = newLedger()
    const { log, found } = await leader(small, ledger)
    const journal = new Journal(log, found, { segmentBytesMax: 1 << 20, retryMs: 100 }, timers)
    const prng = new Prng(count)
    let [appendedCount, confirmedCount] = [0, 0]
    const append = () => {
      const fact = { kind: 'accepted', acceptedAtMs: 1, records: recordsOf(prng, 10) } as const
      ledger.apply(fact)
      journal.append(fact)
      appendedCount += 1
      journal.whenSynced(() => {
        confirmedCount += 1
      })
    }
    await until(() => {
      if (journal.failure === undefined) append()
      return journal.failure?.code === 'FULL'
    }, 'it is full')
    expect(journal.snapshotDue).toBe(true)
    journal.snapshot(ledger.image())
    await until(() => confirmedCount === appendedCount, 'all is confirmed')
    expect(journal.failure).toBeUndefined()
    append()
    await until(() => confirmedCount === appendedCount, 'it goes on')
    const again = newLedger()
    await readAll(await open('full'), again)
    expect(again.count).toBe(10 * appendedCount)
  })

  test('processes that come together, while the servers still elect a leader, all open the log', async () => {
    for (let index = 0; index < count; index += 1) await servers.kill(index)
    for (let index = 0; index < count; index += 1) servers.startServer(index)
    const isHere = () =>
      connect({ servers: [...servers.urls] }).then(
        connection => connection.close(),
        () => false,
      )
    await until(async () => (await isHere()) !== false, 'a server takes connections')
    await Promise.all(Array.from({ length: 4 }, () => open('fresh')))
    await servers.ready()
  }, 60_000)
})
