import type { AttemptOutcome, LookupOutcome } from '@rinha/payment'
import { classifyAttempt, processorContract } from '@rinha/processor'
import { noNoise } from '@rinha/processor-model'
import { describe, expect, test } from 'vitest'
import { SimProcessor, type SimProcessorOptions } from './processor.ts'
import { contractHarness } from './testing.ts'
import { World, worldStartMs } from './world.ts'

const instant = { minMs: 0, maxMs: 0 }

/** A processor without network and service time, and its answers with their times. */
class Bench {
  readonly world = new World(1)
  readonly processor: SimProcessor
  readonly answers: string[] = []

  constructor(options: Partial<SimProcessorOptions> = {}) {
    this.processor = new SimProcessor(this.world, {
      name: 'default',
      networkMs: instant,
      serviceMs: instant,
      ...options,
    })
  }

  pay(number: number, requestedAtMs = this.world.nowMs): this {
    const payment = { correlationId: id(number), amountCents: 1990, requestedAtMs }
    this.processor.pay(payment, outcome => this.#heard(number, outcome))
    return this
  }

  lookUp(number: number): this {
    this.processor.lookUp(id(number), outcome => this.#heard(number, outcome))
    return this
  }

  pass(ms: number): this {
    this.world.runUntil(this.world.nowMs + ms)
    return this
  }

  #heard(number: number, outcome: AttemptOutcome | LookupOutcome): void {
    const said = outcome.kind === 'refused' ? outcome.reason.split(' ').at(-1) : outcome.kind
    this.answers.push(`${number} ${said} @${this.world.nowMs - worldStartMs}`)
  }
}

function id(number: number): Uint8Array {
  return new Uint8Array(16).fill(number)
}

describe('the contract of a processor client', () => {
  test.each(processorContract)('$name', async ({ run }) => {
    await run(contractHarness())
  })
})

test('P1: up to a limit payments run, up to another they wait in order, and others are refused at once', () => {
  const bench = new Bench({ runningCountMax: 2, waitingCountMax: 1 })
  bench.processor.setStage({ delayMs: 100, failing: false })
  bench.pay(1).pay(2).pay(3).pay(4).lookUp(1).pass(500)
  expect(bench.answers).toEqual([
    '4 429 @0',
    '1 unknown @0',
    '1 recorded @100',
    '2 recorded @100',
    '3 recorded @200',
  ])
})

test('the meaning of a status is that of the shipping tables', () => {
  const world = new World(1)
  const processor = new SimProcessor(world, { name: 'default' })
  const outcomes: AttemptOutcome[] = []
  const pay = (failing: boolean) => {
    processor.setStage({ delayMs: 0, failing })
    const payment = { correlationId: id(1), amountCents: 1990, requestedAtMs: worldStartMs }
    processor.pay(payment, outcome => outcomes.push(outcome))
    world.runUntil(world.nowMs + 10)
  }
  pay(true)
  pay(false)
  pay(false)
  expect(outcomes).toEqual([500, 200, 422].map(classifyAttempt))
})

test('a request takes the time of the way there, of the service, of the delay and of the way back', () => {
  const three = { minMs: 3, maxMs: 3 }
  const bench = new Bench({ networkMs: three, serviceMs: three })
  bench.processor.setStage({ delayMs: 100, failing: false })
  bench.pay(1).pass(106)
  expect([bench.processor.runningCount, bench.processor.books.count]).toEqual([0, 1])
  bench.pass(3).lookUp(1).pass(10)
  expect(bench.answers).toEqual(['1 recorded @109', '1 found @115'])
})

test('drawn times stay within their range, and differ', () => {
  const bench = new Bench({ networkMs: { minMs: 1, maxMs: 5 } })
  for (let number = 0; number < 200; number += 1) bench.pay(number)
  bench.pass(20)
  const atMs = bench.answers.map(answer => Number(answer.split('@')[1]))
  expect(Math.min(...atMs)).toBeGreaterThanOrEqual(2)
  expect(Math.max(...atMs)).toBeLessThanOrEqual(10)
  expect(new Set(atMs).size).toBeGreaterThan(150)
})

test('health is answered in its window, with the switches of that moment and a whole number of milliseconds', () => {
  const bench = new Bench()
  const seen: unknown[] = []
  const ask = () => bench.processor.health(outcome => seen.push([bench.world.nowMs - worldStartMs, outcome]))
  bench.processor.setStage({ delayMs: 99.6, failing: false })
  for (let count = 0; count < 4; count += 1) ask()
  bench.pass(100)
  bench.processor.setStage({ delayMs: 5, failing: true })
  bench.pass(60_000)
  const answered = (failing: boolean, minResponseTimeMs: number) => ({
    kind: 'answered',
    failing,
    minResponseTimeMs,
  })
  expect(seen).toEqual([
    [0, answered(false, 100)],
    [0, { kind: 'unknown', reason: 'the health endpoint answered 429' }],
    [5000, answered(true, 5)],
    [10_000, answered(true, 5)],
  ])
})

test('P4: a look-up is neither delayed nor failing, but waits where all places are taken', () => {
  const bench = new Bench({ runningCountMax: 1 })
  bench.processor.setStage({ delayMs: 100, failing: true })
  bench.lookUp(1).pass(10).pay(1).pass(0).lookUp(2).pass(200)
  expect(bench.answers).toEqual(['1 absent @0', '1 500 @110', '2 absent @110'])
  expect([bench.processor.runningCount, bench.processor.waitingCount]).toEqual([0, 0])
})

test('after a reset the sender has no answer, and the answer of a gateway replaces that of its processor', () => {
  const bench = new Bench()
  const fates = ['resetBeforeShare', 'resetAfterShare', 'failAfterShare', 'pushBackShare'] as const
  for (const [number, fate] of fates.entries()) {
    bench.processor.setNoise({ ...noNoise, [fate]: 1 })
    bench.pay(number).pass(1)
  }
  bench.processor.setStage({ delayMs: 0, failing: false })
  bench.lookUp(1).pass(0)
  bench.processor.setStage({ delayMs: 0, failing: false, noise: { ...noNoise, resetBeforeShare: 1 } })
  bench.lookUp(1).pass(0)
  bench.processor.setNoise(noNoise)
  bench.lookUp(0).lookUp(1).lookUp(2).lookUp(3).pass(0)
  expect(bench.answers.map(answer => answer.replace(/ @.*/, ''))).toEqual([
    ...['0 unknown', '1 unknown', '2 unknown', '3 429', '1 unknown', '1 unknown'],
    ...['0 absent', '1 found', '2 found', '3 absent'],
  ])
})

test('noise is the same for a seed', () => {
  const play = (seed: number) => {
    const world = new World(seed)
    const processor = new SimProcessor(world, { name: 'default' })
    processor.setNoise({
      ...noNoise,
      tailKind: 'pareto',
      tailShare: 0.5,
      tailMsMin: 1,
      tailMsMax: 9,
      resetAfterShare: 0.3,
    })
    for (let number = 0; number < 200; number += 1)
      processor.pay({ correlationId: id(number), amountCents: 1990, requestedAtMs: 1 }, () => {})
    world.runUntil(world.nowMs + 100)
    return world.traceHash
  }
  expect(play(1)).toBe(play(1))
  expect(play(2)).not.toBe(play(1))
})
