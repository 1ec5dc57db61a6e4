import { assert, Prng } from '@rinha/base'
import { Journal } from '@rinha/journal'
import { SimulatedStream } from '@rinha/journal/simulated'
import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { records } from '../testing.ts'
import { Candidate, type Led } from './candidate.ts'

/** Candidates of one log, with words that reach all of them unless they are cut off. */
class Shard {
  readonly prng: Prng
  readonly time = new VirtualTime()
  readonly stream: SimulatedStream
  readonly members: Member[] = []
  readonly confirmed: number[] = []
  /** How long words are on their way, at most, and how often they are lost. */
  wordsMsMax = 5
  wordsLostChance = 0

  constructor(seed = 3) {
    this.prng = new Prng(seed)
    this.stream = new SimulatedStream(new Prng(seed + 1), this.time.after)
  }

  join(patience?: number): Member {
    const member = new Member(this, this.members.length + 1, patience)
    this.members.push(member)
    return member
  }

  get leaders(): readonly Member[] {
    return this.members.filter(({ journal, isDead }) => journal !== undefined && !isDead)
  }
}

class Member {
  readonly candidate: Candidate
  readonly #shard: Shard
  readonly #connection
  #onWords: (words: string) => void = () => {}
  readonly #line = {
    isConnected: true,
    tell: (words: string) => this.#tell(words),
    listen: (onWords: (words: string) => void) => {
      this.#onWords = onWords
      return () => {
        this.#onWords = () => {}
      }
    },
  }
  led: Led | undefined
  journal: Journal | undefined
  isDead = false
  isCut = false

  constructor(shard: Shard, number: number, patience = number / 10) {
    this.#shard = shard
    this.#connection = shard.stream.connect()
    const { time } = shard
    const alive = (run: () => void) => () => {
      if (!this.isDead) run()
    }
    const timers = {
      after: (delayMs: number, run: () => void) => time.after(delayMs, alive(run)),
      every: (intervalMs: number, run: () => void) => time.every(intervalMs, alive(run)),
      soon: (run: () => void) => time.soon(alive(run)),
    }
    this.candidate = new Candidate(
      {
        address: `coordinator-${number}:9400`,
        processors: ['default', 'fallback'],
        paymentCountMax: 10_000,
        hashSeed: 1,
        journalId: new Uint8Array(16).fill(number),
        claimId: new Uint8Array(16).fill(100 + number),
        patience,
      },
      {
        stream: this.#connection,
        line: this.#line,
        timers,
        nowMs: () => time.nowMs,
        onLead: led => {
          this.led = led
          const onLost = () => this.kill()
          this.journal = new Journal(
            led.log,
            led.found,
            { segmentBytesMax: 4000, retryMs: 20, onLost },
            timers,
          )
        },
        onHalt: expect.fail,
        onCutOff: () => this.kill(),
        onProblem: expect.fail,
      },
    )
  }

  #tell(words: string): void {
    const { members, prng, time, wordsLostChance, wordsMsMax } = this.#shard
    for (const other of members)
      if (!this.isCut && !prng.chance(wordsLostChance))
        time.after(prng.unit() * wordsMsMax, () => {
          if (!other.isDead && !other.isCut) other.#onWords(words)
        })
  }

  append(number: number): void {
    if (this.journal === undefined || this.led === undefined || this.isDead) return
    const fact = { kind: 'accepted', acceptedAtMs: number, records: records(number) } as const
    this.led.ledger.apply(fact)
    this.journal.append(fact)
    this.journal.whenSynced(() => this.#shard.confirmed.push(number))
  }

  cut(isCut: boolean): void {
    this.isCut = isCut
    this.#line.isConnected = !isCut
    this.#connection.isCut = isCut
  }

  kill(): void {
    this.isDead = true
    this.#connection.isDead = true
    this.candidate.stop()
  }
}

function two() {
  const shard = new Shard()
  const [first, second] = [shard.join(), shard.join()]
  shard.time.pass(1500)
  for (let number = 1; number <= 20; number += 1) {
    first.append(number)
    shard.time.pass(20)
  }
  expect([first.candidate.state, second.candidate.state]).toEqual(['leading', 'following'])
  return { shard, first, second }
}

test('of two that start together one leads, and the other follows it and knows its address', () => {
  const { second, shard } = two()
  expect(second.candidate.leader?.address).toBe('coordinator-1:9400')
  shard.time.pass(1000)
  expect([second.candidate.paymentCount, second.candidate.lagCount]).toEqual([20, 0])
})

test('a dead leader is followed by its standby within a second, with every payment that was confirmed', () => {
  const { shard, first, second } = two()
  first.kill()
  shard.time.pass(1000)
  expect(second.candidate.state).toBe('leading')
  expect(second.led?.ledger.count).toBe(20)
  second.append(21)
  shard.time.pass(100)
  expect(shard.confirmed).toHaveLength(21)
})

test('of two standbys that ask the log at the same moment one claims, and the other follows it', () => {
  const { shard, first } = two()
  shard.join(0.2)
  shard.time.pass(1000)
  first.kill()
  shard.time.pass(4000)
  expect(shard.leaders.map(({ led }) => led?.log.epoch)).toEqual([2])
})

test('a claim that is stored, and read, while another standby waits for the log’s answer is not outdone', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const shard = new Shard(seed)
    shard.stream.answerMsMax = 40
    for (const patience of [shard.prng.unit(), shard.prng.unit()]) shard.join(patience / 2)
    shard.time.pass(3000)
    const claims = shard.members.map(({ led }) => led?.log.epoch)
    expect([seed, claims.filter(Boolean)]).toEqual([seed, [1]])
  }
})

test('a standby that has not read the latest claim claims nothing, and follows', () => {
  const { shard, first } = two()
  const third = shard.join(0.5)
  shard.time.pass(1000)
  third.cut(true)
  first.kill()
  shard.time.pass(1000)
  expect(shard.leaders.map(({ led }) => led?.log.epoch)).toEqual([2])
  Object.assign(shard, { wordsLostChance: 1 })
  // Its next record is late.
  shard.stream.lagMsMax = 60_000
  shard.time.pass(10)
  third.cut(false)
  shard.time.pass(3000)
  const { sequence } = third.candidate
  expect([sequence < shard.stream.lastSequence, third.candidate.state]).toEqual([true, 'following'])
  expect(shard.stream.lastOf('epoch')?.sequence).toBe(shard.leaders[0]?.led?.log.sequence)
})

test('a leader that hands over is followed within a tenth of a second', () => {
  const { shard, first, second } = two()
  first.append(21)
  assert(first.journal !== undefined, 'it leads')
  first.journal.close(() => first.candidate.resign())
  shard.time.pass(100)
  expect([second.candidate.state, second.led?.ledger.count]).toEqual(['leading', 21])
})

test('a leader whose words are lost stays the leader while it writes', () => {
  const { shard, first, second } = two()
  shard.wordsLostChance = 1
  for (let number = 21; number <= 200; number += 1) {
    first.append(number)
    shard.time.pass(50)
  }
  expect([shard.leaders.length, second.candidate.state]).toEqual([1, 'following'])
})

test('while the log does not answer nobody claims, and the leader goes on after it', () => {
  const { shard, first, second } = two()
  shard.stream.isDown = true
  shard.wordsLostChance = 1
  shard.time.pass(9000)
  shard.wordsLostChance = 0
  shard.stream.isDown = false
  first.append(21)
  shard.time.pass(3000)
  expect([first.isDead, second.candidate.state, shard.confirmed.length]).toEqual([false, 'following', 21])
})

test('a leader that is cut off ends when it can see that another one leads, and confirms nothing meanwhile', () => {
  const { shard, first, second } = two()
  first.cut(true)
  shard.time.pass(1500)
  expect(second.candidate.state).toBe('leading')
  first.append(50)
  second.append(21)
  shard.time.pass(1500)
  first.cut(false)
  shard.time.pass(5000)
  expect([first.isDead, shard.confirmed.includes(50), shard.confirmed.includes(21)]).toEqual([
    true,
    false,
    true,
  ])
})

test('a leader that reaches nobody for three seconds lets its nodes go, and one that does again in time leads on', () => {
  const { shard, first, second } = two()
  second.kill()
  first.cut(true)
  shard.time.pass(2500)
  first.cut(false)
  shard.time.pass(5000)
  expect(first.isDead).toBe(false)
  first.cut(true)
  shard.time.pass(3500)
  expect(first.isDead).toBe(true)
})

test('a standby that was away while records were removed begins anew, and can lead', () => {
  const { shard, first, second } = two()
  second.cut(true)
  first.append(21)
  shard.time.pass(50)
  assert(first.journal !== undefined && first.led !== undefined, 'it leads')
  first.journal.snapshot(first.led.ledger.image())
  shard.time.pass(500)
  expect(shard.stream.firstSequence).toBeGreaterThan(second.candidate.sequence + 1)
  second.cut(false)
  first.append(22)
  shard.time.pass(500)
  expect(second.candidate.paymentCount).toBe(22)
  first.kill()
  shard.time.pass(1000)
  expect([second.candidate.state, second.led?.ledger.count]).toEqual(['leading', 22])
})

test('whoever dies or is cut off, one leads in the end, and has all that was confirmed', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const shard = new Shard(seed)
    const { prng, time, stream } = shard
    Object.assign(stream, { troubleChance: 0.05, lagMsMax: 50 })
    Object.assign(shard, { wordsLostChance: 0.1, wordsMsMax: 300 })
    for (let count = 0; count < 3; count += 1) shard.join()
    for (let number = 1; number <= 250; number += 1) {
      for (const leader of shard.leaders) leader.append(number)
      const one = prng.pick(shard.members.filter(({ isDead }) => !isDead))
      const what = prng.integer(0, 60)
      if (what === 0) one.kill()
      else if (what === 1) one.cut(true)
      else if (what < 5) one.cut(false)
      else if (what === 5) stream.isDown = prng.chance(0.5)
      if (shard.members.filter(({ isDead }) => !isDead).length < 3) shard.join()
      time.pass(prng.integer(1, 200))
    }
    Object.assign(stream, { troubleChance: 0, isDown: false })
    Object.assign(shard, { wordsLostChance: 0, wordsMsMax: 5 })
    for (const member of shard.members) if (!member.isDead) member.cut(false)
    time.pass(60_000)
    const [leader, ...others] = shard.leaders
    expect(others, `seed ${seed}`).toEqual([])
    const ledger = leader?.led?.ledger
    assert(ledger !== undefined, 'one leads')
    const kept = new Set(Array.from({ length: ledger.count }, (_, row) => ledger.acceptedAtMs(row)))
    expect(
      shard.confirmed.filter(number => !kept.has(number)),
      `seed ${seed}`,
    ).toEqual([])
  }
})
