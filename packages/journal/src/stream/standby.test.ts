import { assert, Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { SimulatedStream } from '../simulated/simulated-stream.ts'
import { newLedger, Time } from '../testing.ts'
import { decodeEpochRecord } from './record-codec.ts'
import { Standby } from './standby.ts'
import type { StreamLog } from './stream-log.ts'
import { TestShard } from './testing.ts'

/** A shard whose first member leads and has had some payments confirmed. */
function led() {
  const shard = new TestShard(3)
  const first = shard.join()
  first.lead()
  shard.time.run(100)
  for (let count = 0; count < 20; count += 1) {
    first.append()
    shard.time.run(50)
  }
  assert(first.journal !== undefined && shard.confirmed.length === 20, 'it leads')
  return { shard, first, journal: first.journal }
}

const lagging = { troubleChance: 0, lagMsMax: 500 }

test('a standby has each payment soon after the leader', () => {
  const { shard, first } = led()
  const second = shard.join()
  shard.time.run(500)
  expect(second.numbers).toEqual(first.numbers)
  first.append()
  shard.time.run(50)
  expect(second.numbers).toEqual(first.numbers)
})

test('a standby that is behind leads only when it has every payment that was confirmed', () => {
  const { shard, first } = led()
  Object.assign(shard.stream, lagging)
  const second = shard.join()
  second.lead()
  shard.time.run(1000)
  expect(second.journal).toBeUndefined()
  for (let count = 0; count < 20; count += 1) {
    first.append()
    shard.time.run(50)
  }
  shard.time.run(60_000)
  assert(second.journal !== undefined, 'it leads')
  expect(first.isStopped).toBe(true)
  expect(second.numbers).toEqual(expect.arrayContaining(shard.confirmed))
})

test('a frame whose answer was lost is settled before a snapshot comes into force, and the leader goes on', () => {
  const { shard, first, journal } = led()
  const { connection } = first
  const publish = connection.publish.bind(connection)
  const read = connection.read.bind(connection)
  let lostCount = 0
  connection.publish = (record, done) =>
    publish(record, answer => done(lostCount > 5 ? answer : { kind: 'silent' }))
  connection.read = (sequence, done) =>
    read(sequence, answer => {
      lostCount += 1
      done(lostCount > 6 ? answer : { kind: 'silent' })
    })
  journal.snapshot(first.ledger.image())
  first.append()
  shard.time.run(500)
  expect([first.isStopped, lostCount > 6]).toEqual([false, true])
  expect([journal.failure, shard.confirmed.length]).toEqual([undefined, 21])
})

test('a standby whose next record has been removed says so, and another one begins with the snapshot', () => {
  const { shard, first, journal } = led()
  const second = shard.join()
  shard.time.run(500)
  second.connection.isCut = true
  first.append()
  journal.snapshot(first.ledger.image())
  shard.time.run(500)
  expect(shard.stream.firstSequence).toBeGreaterThan(second.standby.sequence + 1)
  second.connection.isCut = false
  first.append()
  shard.time.run(500)
  expect([second.isOvertaken, second.halted]).toEqual([true, undefined])
  const third = shard.join()
  shard.time.run(500)
  expect(third.numbers).toEqual(first.numbers)
})

test('of two standbys that want to lead at once, one does, and the other follows it', () => {
  const { shard, first } = led()
  const both = [shard.join(), shard.join()]
  shard.time.run(500)
  first.kill()
  for (const each of both) each.lead()
  shard.time.run(500)
  const leaders = both.filter(({ journal }) => journal !== undefined)
  expect(leaders).toHaveLength(1)
  leaders[0]?.append()
  shard.time.run(500)
  expect(both[0]?.numbers).toEqual(both[1]?.numbers)
  expect(shard.confirmed).toHaveLength(21)
  // The other one can lead later.
  for (const each of both) if (each.journal === undefined) each.lead()
  shard.time.run(1500)
  expect(both.filter(({ journal, isStopped }) => journal !== undefined && !isStopped)).toHaveLength(1)
})

test('a claim names every processor that the history has, however far the process is behind', () => {
  const time = new Time()
  const stream = new SimulatedStream(new Prng(1), (delayMs, run) => time.after(delayMs, run))
  let epoch = 0
  const lead = (processors: readonly string[]) => {
    epoch += 1
    const drawn = new Uint8Array(16).fill(epoch)
    const options = { processors, journalId: drawn, claimId: drawn, retryMs: 20 }
    const standby = new Standby(stream.connect(), options, newLedger(), {
      timers: time,
      onHalt: expect.fail,
      onOvertaken: expect.fail,
    })
    let log: StreamLog | undefined
    standby.lead(led => {
      log = led
    })
    time.run(10_000)
    assert(log !== undefined, 'it leads')
    return decodeEpochRecord(stream.lastOf('epoch')?.bytes ?? new Uint8Array(0))?.header
  }
  lead(['a', 'b'])
  Object.assign(stream, lagging)
  expect(lead(['c', 'a'])).toMatchObject({ epoch: 2, processors: ['c', 'a', 'b'] })
})

test('a log that is full takes a snapshot, then what waits, and goes on with the room that there is', () => {
  const { shard, first, journal } = led()
  shard.stream.logBytesMax = journal.status.diskBytes + 100
  for (let count = 0; count < 5; count += 1) first.append()
  shard.time.run(500)
  expect([journal.failure?.code, shard.confirmed.length]).toEqual(['FULL', 20])
  first.snapshotIfDue()
  shard.time.run(500)
  expect([journal.failure, shard.confirmed.length]).toEqual([undefined, 25])
  expect(journal.status.filledShare).toBeLessThan(0.5)
  const reader = shard.join()
  shard.time.run(500)
  expect(reader.numbers).toEqual(first.numbers)
})

test('what snapshots that were given up have left is removed before the next one is stored', () => {
  const { shard, first, journal } = led()
  journal.snapshot(first.ledger.image())
  shard.time.run(500)
  const { connection } = first
  const storePiece = connection.storePiece.bind(connection)
  let countLeft = 2
  connection.storePiece = (id, bytes, lastSequence, done) => {
    countLeft -= 1
    if (countLeft === 0) done({ kind: 'refused', code: 'FULL', words: 'maximum bytes exceeded' })
    else storePiece(id, bytes, lastSequence, done)
  }
  journal.snapshot(first.ledger.image())
  shard.time.run(500)
  expect(shard.stream.snapshots.size).toBe(2)
  shard.time.run(30 * 20)
  let seenCount = 0
  connection.storePiece = (...asked) => {
    seenCount = Math.max(seenCount, shard.stream.snapshots.size)
    storePiece(...asked)
  }
  journal.snapshot(first.ledger.image())
  shard.time.run(500)
  expect([seenCount, shard.stream.snapshots.size, journal.status.snapshotCount]).toEqual([2, 1, 2])
})

test('a snapshot whose record was stored, and its answer lost, counts in the end, and the leader goes on', () => {
  const { shard, first, journal } = led()
  const { connection } = first
  const publish = connection.publish.bind(connection)
  const read = connection.read.bind(connection)
  let lostCount = 0
  connection.publish = (record, done) =>
    publish(record, answer => {
      if (record.subject === 'frames' || lostCount > 0) return done(answer)
      lostCount += 1
      done({ kind: 'silent' })
    })
  connection.read = (sequence, done) =>
    read(sequence, answer => {
      if (lostCount !== 1) return done(answer)
      lostCount += 1
      done({ kind: 'silent' })
    })
  journal.snapshot(first.ledger.image())
  first.append()
  shard.time.run(500)
  expect(lostCount).toBe(2)
  expect([first.isStopped, journal.failure, shard.confirmed.length]).toEqual([false, undefined, 21])
  expect(journal.status.snapshotFrame).toBeGreaterThan(1)
  const reader = shard.join()
  shard.time.run(500)
  expect(reader.numbers).toEqual(first.numbers)
})
