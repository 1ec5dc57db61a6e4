import { assert, Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { type LogHarness, logContract } from '../log/contract.ts'
import type { JournalSink } from '../recover.ts'
import { SimulatedStream } from '../simulated/simulated-stream.ts'
import { options, Time } from '../testing.ts'
import { Standby } from './standby.ts'
import type { StreamLog } from './stream-log.ts'
import { type Member, TestShard } from './testing.ts'

function harness(): LogHarness {
  const time = new Time()
  const stream = new SimulatedStream(new Prng(1), (delayMs, run) => time.after(delayMs, run))
  let startCount = 0
  const until = async (what: string, condition: () => boolean) => {
    for (let waitedMs = 0; waitedMs < 10_000 && !condition(); waitedMs += 1) time.run(1)
    assert(condition(), what)
  }
  const begin = (sink: JournalSink) => {
    startCount += 1
    const bytes = new Uint8Array(16).fill(startCount)
    const standbyOptions = { ...options, journalId: bytes, claimId: bytes, retryMs: 20 }
    const onHalt = (words: string) => expect.fail(words)
    return new Standby(stream.connect(), standbyOptions, sink, {
      timers: time,
      onHalt,
      onOvertaken: expect.fail,
    })
  }
  return {
    async start(sink) {
      const standby = begin(sink)
      const logs: (StreamLog | undefined)[] = []
      standby.lead(log => logs.push(log))
      await until('it leads', () => logs.length > 0)
      assert(logs[0] !== undefined, 'nobody else claims')
      return { log: logs[0], found: standby.found }
    },
    async read(sink) {
      const standby = begin(sink)
      await until('it has read', () => standby.sequence === stream.lastSequence)
      standby.stop()
    },
    async setFull(isFull) {
      stream.isFull = isFull
    },
    until,
  }
}

test.each(logContract)('the log in a simulated stream: $name', check => check.run(harness()))

/** Reads the whole stream anew, when all is well. */
function reread(shard: TestShard): readonly number[] {
  Object.assign(shard.stream, { isDown: false, isFull: false, troubleChance: 0, staleChance: 0, lagMsMax: 5 })
  let reader = shard.join()
  shard.time.run(20_000)
  if (reader.isOvertaken) {
    reader = shard.join()
    shard.time.run(20_000)
  }
  expect(reader.halted).toBeUndefined()
  expect(reader.standby.sequence).toBe(shard.stream.lastSequence)
  return reader.numbers
}

function checkBooks(shard: TestShard, numbers: readonly number[]): void {
  const has = new Set(numbers)
  expect(has.size).toBe(numbers.length)
  expect(shard.confirmed.filter(number => !has.has(number))).toEqual([])
}

/** Takeovers at random, of leaders that live on or die, on a stream that is down, full and in trouble at times. */
function play(seed: number): { readonly shard: TestShard; readonly takeoverCount: number } {
  const shard = new TestShard(seed)
  const { prng, stream, time } = shard
  let takeoverCount = 0
  const isAlive = (member: Member) => !member.isStopped && member.halted === undefined
  shard.join().lead()
  for (let turn = 0; turn < 600; turn += 1) {
    if (prng.chance(0.05)) stream.isDown = prng.chance(0.1)
    if (prng.chance(0.05)) stream.isFull = prng.chance(0.1)
    if (prng.chance(0.05)) stream.troubleChance = prng.pick([0, 0.02, 0.3])
    if (prng.chance(0.03)) stream.lagMsMax = prng.pick([5, 500])
    if (prng.chance(0.05)) stream.staleChance = prng.pick([0, 0.3])
    const alive = shard.members.filter(isAlive)
    if (alive.length < 4 && prng.chance(0.05)) shard.join()
    const member = alive.length === 0 ? shard.join() : prng.pick(alive)
    if (prng.chance(0.04)) member.connection.isCut = prng.chance(0.2)
    if (member.journal === undefined && member.standby.sequence > 0 && prng.chance(0.05)) {
      takeoverCount += 1
      member.lead()
    }
    if (prng.chance(0.01)) member.kill()
    for (const each of alive) if (prng.chance(0.5)) each.append()
    for (const each of alive) each.snapshotIfDue()
    time.run(prng.unit() * 20)
  }
  for (const member of shard.members) member.connection.isCut = false
  return { shard, takeoverCount }
}

test('whatever happens to stream and leaders: nothing confirmed is lost, nothing is there twice, no history diverges', () => {
  let [takeoverCount, confirmedCount, snapshotCount] = [0, 0, 0]
  for (let seed = 1; seed <= 60; seed += 1) {
    const played = play(seed)
    takeoverCount += played.takeoverCount
    confirmedCount += played.shard.confirmed.length
    snapshotCount += played.shard.members.reduce(
      (sum, { journal }) => sum + (journal?.status.snapshotCount ?? 0),
      0,
    )
    checkBooks(played.shard, reread(played.shard))
    for (const { halted } of played.shard.members) expect(halted).toBeUndefined()
  }
  expect([takeoverCount > 200, confirmedCount > 5000, snapshotCount > 50]).toEqual([true, true, true])
})
