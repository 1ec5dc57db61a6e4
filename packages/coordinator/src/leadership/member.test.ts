import { Prng } from '@rinha/base'
import type { ChannelHandlers } from '@rinha/channel'
import { Engine } from '@rinha/engine'
import { SimulatedStream } from '@rinha/journal/simulated'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { Coordinator } from '../coordinator.ts'
import type { CoordinatorStatus } from '../ports.ts'
import { HandProcessor, records } from '../testing.ts'
import { Member } from './member.ts'

/** Members of one log, whose processors do not answer. */
class Shard {
  readonly time = new VirtualTime()
  readonly stream = new SimulatedStream(new Prng(1), this.time.after)
  readonly #listeners = new Map<TestMember, (words: string) => void>()
  readonly #members: TestMember[] = []

  join(): TestMember {
    const member = new TestMember(this, this.#members.length + 1)
    this.#members.push(member)
    return member
  }

  tell(from: TestMember, words: string): void {
    for (const [listener, onWords] of this.#listeners)
      if (listener !== from && !from.connection.isCut && !listener.connection.isCut) onWords(words)
  }

  listen(member: TestMember, onWords: (words: string) => void): () => void {
    this.#listeners.set(member, onWords)
    return () => this.#listeners.delete(member)
  }
}

class TestMember {
  readonly member: Member
  readonly connection
  /** What has happened to it, in order. */
  readonly events: string[] = []
  readonly problems: string[] = []
  readonly processor = new HandProcessor()
  handlers: ChannelHandlers | undefined

  constructor(shard: Shard, number: number) {
    const { time } = shard
    this.connection = shard.stream.connect()
    const { connection } = this
    this.member = new Member(
      {
        ...{
          address: `coordinator-${number}:9400`,
          processors: ['default'],
          paymentCountMax: 1000,
          hashSeed: 1,
        },
        journalId: new Uint8Array(16).fill(number),
        claimId: new Uint8Array(16).fill(100 + number),
        patience: (number - 1) / 2.1,
        segmentBytesMax: 4000,
      },
      {
        stream: connection,
        line: {
          get isConnected() {
            return !connection.isCut
          },
          tell: words => shard.tell(this, words),
          listen: onWords => shard.listen(this, onWords),
        },
        timers: time,
        nowMs: () => time.nowMs,
        channel: {
          serve: handlers => {
            this.handlers = handlers
            this.events.push('serves')
          },
        },
        open: ({ ledger }, log) => {
          this.events.push('opens')
          const now = () => ({ nowMs: time.nowMs, wallMs: time.nowMs })
          const lane = { name: 'default', feeBps: 500, fastMsMax: 100, auditGuardMs: 0, healthPollMs: 5000 }
          const circuit = { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 }
          const coordinator = new Coordinator(
            new Engine({
              lanes: [{ ...lane, circuit, limiter: { countInitial: 10, countMax: 10 } }],
              ...{ policy: createPolicy('cheapest-working'), pace: paceDefaults, ledger, startedAt: now() },
            }),
            { names: ['default'], purgeAllowed: false },
            { processors: [this.processor], log, time: now, timers: time },
          )
          const start = () => {
            this.events.push('starts')
            coordinator.start({ roomShort: false, refreshWindows: () => {} })
          }
          return { coordinator, start }
        },
        onFailed: words => this.events.push(words),
        onProblem: line => this.problems.push(line),
      },
    )
  }

  /** What it leaves, once it has handed over. */
  handOver(): { left?: CoordinatorStatus | undefined; isDone: boolean } {
    const handedOver: ReturnType<TestMember['handOver']> = { isDone: false }
    this.member.handOver(left => Object.assign(handedOver, { left, isDone: true }))
    return handedOver
  }
}

function two() {
  const shard = new Shard()
  const [first, second] = [shard.join(), shard.join()]
  shard.time.pass(1000)
  expect([first.events, second.events]).toEqual([['opens', 'serves', 'starts'], []])
  return { shard, first, second }
}

test('a leader that is stopped writes what it has decided, hands over, and tells what it leaves; another one leads at once', () => {
  const { shard, first, second } = two()
  first.handlers?.onPayments(records(1, 2), 2)
  const handedOver = first.handOver()
  shard.time.pass(100)
  expect(handedOver.left).toMatchObject({ acceptedCount: 2 })
  expect(second.events).toEqual(['opens', 'serves', 'starts'])
  expect(second.member.candidate.paymentCount).toBe(2)
  first.handlers?.onPayments(records(3), 1)
  shard.time.pass(5000)
  expect([second.member.candidate.paymentCount, first.events.length]).toEqual([2, 3])
})

test('a leader that cannot write what it has decided does not hand over: another one leads when it has been silent', () => {
  const { shard, first, second } = two()
  shard.stream.isFull = true
  first.handlers?.onPayments(records(1), 1)
  shard.time.pass(100)
  const handedOver = first.handOver()
  shard.stream.isFull = false
  shard.time.pass(100)
  expect([handedOver.isDone, second.events]).toEqual([true, []])
  shard.time.pass(1000)
  expect(second.events).toEqual(['opens', 'serves', 'starts'])
  expect(second.member.candidate.paymentCount).toBe(0)
})

test('a standby that is stopped leaves nothing, and never leads', () => {
  const { shard, first, second } = two()
  second.member.onNodeChange(['api1'])
  expect(second.handOver()).toEqual({ isDone: true, left: undefined })
  first.handOver()
  shard.time.pass(5000)
  expect(second.events).toEqual([])
})

test('a leader that another one has replaced, and one that reaches nobody, fail', () => {
  const { shard, first, second } = two()
  const third = shard.join()
  first.connection.isCut = true
  shard.time.pass(5000)
  expect(first.events[3]).toMatch('no server of the replicated log can be reached')
  second.connection.isCut = true
  shard.time.pass(1500)
  second.connection.isCut = false
  shard.time.pass(2000)
  expect(third.events).toEqual(['opens', 'serves', 'starts'])
  expect(second.events[3]).toMatch('no longer this process')
  expect([first.problems, second.problems]).toEqual([[], [second.events[3]]])
})
