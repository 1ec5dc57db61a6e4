import type { ProcessorClient } from '@rinha/processor'
import { expect, test } from 'vitest'
import { SimThread } from './sim-thread.ts'
import { World } from './world.ts'

const payment = { correlationId: new Uint8Array(16), amountCents: 1990, requestedAtMs: 0 }

/** A thread that needs 10 ms for a call, before a processor that answers after `answerMs`. */
class Bench {
  readonly world = new World(1)
  readonly thread = new SimThread(this.world, 100)
  readonly startMs = this.world.nowMs
  readonly log: [string, number][] = []
  readonly client: ProcessorClient

  constructor(answerMs = 1000) {
    const port: ProcessorClient = {
      pay: (_, done) => {
        this.note('begun')
        this.world.after(answerMs, () => done({ kind: 'recorded' }))
      },
      lookUp: () => {},
      health: () => {},
    }
    this.client = this.thread.client(port)
  }

  note(words: string): void {
    this.log.push([words, this.world.nowMs - this.startMs])
  }

  pay(): void {
    this.client.pay(payment, () => this.note('answered'))
  }

  pass(ms: number): void {
    this.world.runUntil(this.world.nowMs + ms)
  }
}

test('work that comes while the thread is free is done at once', () => {
  const bench = new Bench()
  bench.thread.run(() => bench.note('done'))
  expect(bench.log).toEqual([['done', 0]])
})

test('calls of one turn begin one after another, and work that comes meanwhile waits for the last', () => {
  const bench = new Bench()
  for (let count = 0; count < 3; count += 1) bench.pay()
  bench.world.after(5, () => bench.thread.run(() => bench.note('a payment')))
  bench.world.after(7, () => bench.thread.run(() => bench.note('the auditor')))
  bench.pass(100)
  expect(bench.log).toEqual([
    ['begun', 0],
    ['begun', 10],
    ['begun', 20],
    ['a payment', 30],
    ['the auditor', 30],
  ])
})

test('answers and timers wait for the thread, too', () => {
  const bench = new Bench(12)
  bench.thread.timers.after(15, () => bench.note('a timer'))
  for (let count = 0; count < 2; count += 1) bench.pay()
  bench.pass(100)
  expect(bench.log).toEqual([
    ['begun', 0],
    ['begun', 10],
    ['answered', 20],
    ['a timer', 20],
    ['answered', 22],
  ])
})

test('work planned with `soon` comes after all work that has come by then', () => {
  const bench = new Bench()
  bench.pay()
  bench.thread.timers.soon(() => bench.note('soon'))
  bench.world.after(5, () => bench.thread.run(() => bench.note('a payment')))
  bench.pass(100)
  expect(bench.log.slice(1)).toEqual([
    ['a payment', 10],
    ['soon', 10],
  ])
})

test('work planned with `soon` during such work waits for the next turn, so that calls of both turns stay apart', () => {
  const bench = new Bench()
  bench.thread.timers.soon(() => {
    bench.pay()
    bench.thread.timers.soon(() => bench.pay())
  })
  bench.world.after(5, () => bench.thread.run(() => bench.note('a payment')))
  bench.pass(100)
  expect(bench.log).toEqual([
    ['begun', 0],
    ['a payment', 10],
    ['begun', 10],
  ])
})

test('a cancelled timer does not run, and a repeating one does', () => {
  const bench = new Bench()
  bench.thread.timers.after(10, () => bench.note('never'))()
  const cancel = bench.thread.timers.every(10, () => bench.note('again'))
  bench.pass(25)
  cancel()
  bench.pass(100)
  expect(bench.log).toEqual([
    ['again', 10],
    ['again', 20],
  ])
})
