import type { AttemptOutcome, LookupOutcome } from '@rinha/payment'
import { processorContract } from '@rinha/processor'
import { describe, expect, test } from 'vitest'
import { SimProcessor, type SimProcessorOptions } from './processor.ts'
import { contractHarness } from './testing.ts'
import { World, worldStartMs } from './world.ts'

const instant = { minMs: 0, maxMs: 0 }

/** A processor without network and service time, and what it answered, with when. */
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
    const said = outcome.kind === 'refused' ? outcome.reason.slice(-3) : outcome.kind
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

test('P1: so many run, so many wait in order, and the rest is turned away at once', () => {
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

test('the official limits are 800 running and 500 waiting', () => {
  const bench = new Bench()
  bench.processor.setStage({ delayMs: 100, failing: false })
  for (let number = 0; number < 1301; number += 1) {
    const correlationId = new Uint8Array(16)
    new DataView(correlationId.buffer).setUint32(0, number)
    bench.processor.pay({ correlationId, amountCents: 1, requestedAtMs: worldStartMs }, () => {})
  }
  bench.pass(1)
  expect([bench.processor.runningCount, bench.processor.waitingCount]).toEqual([800, 500])
  bench.pass(100)
  expect(bench.processor.books.count).toBe(800)
  bench.pass(100)
  expect(bench.processor.books.count).toBe(1300)
})

test('P2: the delay is that of its beginning, and failing is looked at when it is over', () => {
  const bench = new Bench()
  bench.processor.setStage({ delayMs: 100, failing: true })
  bench.pay(1).pass(50)
  bench.processor.setStage({ delayMs: 0, failing: false })
  bench.pay(2).pass(10)
  bench.processor.setStage({ delayMs: 0, failing: true })
  bench.pay(3).pass(1)
  bench.processor.setStage({ delayMs: 0, failing: false })
  bench.pass(100)
  expect(bench.answers).toEqual(['2 recorded @50', '3 500 @60', '1 recorded @100'])
  expect(bench.processor.books.find(id(3))).toBe(-1)
})

test('a failing processor answers a payment it has with 500 and not 422: it never gets as far as the insert', () => {
  const bench = new Bench().pay(1).pass(1)
  bench.processor.setStage({ delayMs: 0, failing: true })
  bench.pay(1).pass(1)
  bench.processor.setStage({ delayMs: 0, failing: false })
  bench.pay(1).pass(1)
  expect(bench.answers.map(answer => answer.split(' ')[1])).toEqual(['recorded', '500', 'duplicate'])
})

test('P3: a payment whose answer is cut off or never comes is recorded all the same', () => {
  const bench = new Bench()
  bench.processor.setStage({ delayMs: 300, failing: false })
  bench.processor.setFault('cutting')
  bench.pay(1)
  bench.processor.setFault('silent')
  bench.pay(2)
  bench.processor.setFault('losing')
  bench.pay(3)
  bench.processor.setFault()
  bench.pass(1000)
  expect(bench.answers).toEqual(['3 unknown @0', '1 unknown @300'])
  expect([1, 2, 3].map(number => bench.processor.books.find(id(number)))).toEqual([0, 1, -1])
})

test('P4: a look-up is neither delayed nor failing, but waits where all places are taken', () => {
  const bench = new Bench({ runningCountMax: 1 })
  bench.processor.setStage({ delayMs: 100, failing: true })
  bench.lookUp(1).pass(10).pay(1).pass(0).lookUp(2).pass(200)
  expect(bench.answers).toEqual(['1 absent @0', '1 500 @110', '2 absent @110'])
  expect([bench.processor.runningCount, bench.processor.waitingCount]).toEqual([0, 0])
})

test('a slow body holds its place before the delay begins', () => {
  const bench = new Bench({ dawdleMs: 1000 })
  bench.processor.setStage({ delayMs: 5, failing: false })
  bench.processor.setFault('dawdling')
  bench.pay(1).pass(500)
  expect(bench.processor.runningCount).toBe(1)
  bench.pass(600)
  expect(bench.answers).toEqual(['1 recorded @1005'])
})

test('a fault with a share befalls about that share, and requests already there keep theirs', () => {
  const bench = new Bench()
  bench.processor.setFault('limiting', 0.25)
  for (let number = 0; number < 400; number += 1) bench.pay(number % 256)
  bench.processor.setFault()
  bench.pass(1)
  const pushedBack = bench.answers.filter(answer => answer.includes('429')).length
  expect(pushedBack).toBeGreaterThan(70)
  expect(pushedBack).toBeLessThan(130)
})

test('a payment that is rejected gives its place back', () => {
  const bench = new Bench({ runningCountMax: 1 })
  bench.processor.setFault('rejecting')
  bench.pay(1).pay(2).pass(1)
  expect(bench.answers.map(answer => answer.split(' ')[1])).toEqual(['rejected', 'rejected'])
  expect([bench.processor.runningCount, bench.processor.waitingCount]).toEqual([0, 0])
})
