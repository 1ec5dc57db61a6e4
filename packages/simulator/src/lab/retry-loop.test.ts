import { writePaymentRecord } from '@rinha/payment'
import { noNoise } from '@rinha/processor-model'
import { beforeEach, expect, test } from 'vitest'
import { SimProcessor } from '../processor.ts'
import { World } from '../world.ts'
import { RetryLoop } from './retry-loop.ts'

const instant = { minMs: 0, maxMs: 0 }
let world: World
let processors: readonly [SimProcessor, SimProcessor]
let loop: RetryLoop
let settled: number[]

beforeEach(() => {
  world = new World(1)
  settled = []
  const processor = (name: string) =>
    new SimProcessor(world, { name, networkMs: instant, serviceMs: instant })
  processors = [processor('default'), processor('fallback')]
  loop = new RetryLoop(world, processors, 6, row => settled.push(row))
})

function accept(count: number): void {
  for (let number = 0; number < count; number += 1) {
    const record = new Uint8Array(24)
    const id = new Uint8Array(16).map(() => world.prng.integer(0, 255))
    writePaymentRecord(record, 0, id, 1990)
    loop.accept(record)
  }
}

const pass = (ms: number) => world.runUntil(world.nowMs + ms)
const counts = () => processors.map(({ books }) => books.count)

test('when all six workers of the cheaper processor are busy payments go to the dearer one, and others wait in order', () => {
  for (const processor of processors) processor.setStage({ delayMs: 100, failing: false })
  accept(15)
  pass(50)
  expect(processors.map(({ runningCount }) => runningCount)).toEqual([6, 6])
  expect(loop.oldestQueuedAgeMs()).toBe(50)
  pass(50)
  expect(counts()).toEqual([6, 6])
  expect(settled.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  pass(100)
  expect([counts(), loop.oldestQueuedAgeMs()]).toEqual([[9, 6], 0])
})

test('a worker sends its payment again and again to the same processor, with a pause, and pays it once', () => {
  processors[0].setStage({ delayMs: 0, failing: true })
  const startMs = world.time.wallMs
  accept(6)
  pass(1000)
  expect([counts(), settled]).toEqual([[0, 0], []])
  processors[0].setStage({ delayMs: 0, failing: false, noise: { ...noNoise, resetAfterShare: 1 } })
  pass(1000)
  expect([counts(), settled]).toEqual([[6, 0], []])
  processors[0].setNoise(noNoise)
  pass(100)
  expect([counts(), settled.length]).toEqual([[6, 0], 6])
  expect(processors[0].books.requestedAtMs(5)).toBe(startMs)
  let told: readonly number[] = []
  loop.summary(startMs, startMs, read => {
    told = read
  })
  expect(told).toEqual([6, 0])
})
