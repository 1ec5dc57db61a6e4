import { writePaymentRecord } from '@rinha/channel'
import { Engine } from '@rinha/engine'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { expect, test } from 'vitest'
import { SimCoordinator, type SimCoordinatorOptions } from './coordinator.ts'
import { type ProcessorFault, SimProcessor } from './processor.ts'
import { World, worldStartMs } from './world.ts'

const instant = { minMs: 0, maxMs: 0 }

class Bench {
  readonly world = new World(1)
  readonly processor = new SimProcessor(this.world, {
    name: 'default',
    networkMs: instant,
    serviceMs: instant,
  })
  readonly engine: Engine
  readonly coordinator: SimCoordinator
  readonly settledRows: number[] = []

  constructor(options: Partial<SimCoordinatorOptions> = {}) {
    this.engine = new Engine({
      lanes: [
        {
          name: 'default',
          feeBps: 500,
          fastMsMax: 100,
          auditGuardMs: 0,
          circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
          limiter: { countInitial: 100, countMax: 100 },
          healthPollMs: 5000,
        },
      ],
      policy: createPolicy('cheapest-working'),
      pace: { ...paceDefaults, burstMs: 1000 },
      paymentCountMax: 1000,
      hashSeed: 1,
    })
    this.coordinator = new SimCoordinator(this.world, this.engine, [this.processor], {
      ...options,
      onSettled: row => this.settledRows.push(row),
    })
    this.coordinator.start()
  }

  accept(...numbers: number[]): this {
    const records = new Uint8Array(24 * numbers.length)
    for (const [index, number] of numbers.entries())
      writePaymentRecord(records, 24 * index, new Uint8Array(16).fill(number), 1990)
    this.coordinator.accept(records, numbers.length)
    return this
  }

  fault(fault?: ProcessorFault): this {
    this.processor.setFault(fault)
    return this
  }

  pass(ms: number): this {
    this.world.runUntil(this.world.nowMs + ms)
    this.engine.checkInvariants()
    return this
  }

  get settledCount(): number {
    return this.engine.queueStatus(this.coordinator.nowMs).settledCount
  }
}

test('payments are carried to the processor, booked on both sides under one requestedAt, and told of', () => {
  const bench = new Bench().pass(10).accept(1, 2, 3).pass(100)
  expect(bench.settledRows).toEqual([0, 1, 2])
  expect(bench.settledCount).toBe(3)
  expect(bench.processor.books.count).toBe(3)
  for (const number of [1, 2, 3]) {
    const status = bench.engine.status(new Uint8Array(16).fill(number))
    const row = bench.processor.books.find(new Uint8Array(16).fill(number))
    expect(status).toMatchObject({ requestedAtMs: bench.processor.books.requestedAtMs(row) })
  }
})

test('the one thread begins so many sends a second, and what arrives meanwhile waits its turn', () => {
  const bench = new Bench({ capacityPerSecond: 100 }).pass(1000)
  const begunAtMs = bench.world.nowMs
  bench.accept(1, 2, 3, 4, 5)
  let readAtMs = 0
  bench.coordinator.readSummary(0, Number.MAX_SAFE_INTEGER, () => {
    readAtMs = bench.world.nowMs - begunAtMs
  })
  bench.pass(0)
  expect(bench.processor.books.count).toBe(1)
  bench.pass(25)
  expect(bench.processor.books.count).toBe(3)
  bench.pass(100)
  expect(bench.processor.books.count).toBe(5)
  expect(readAtMs).toBe(50)
  expect(bench.settledCount).toBe(5)
})

test('D1: an attempt without an answer ends with the timeout, and the payment is found by a look-up', () => {
  const bench = new Bench({ attemptTimeoutMs: 2000 }).pass(10).fault('silent').accept(1).pass(1900)
  expect(bench.engine.queueStatus(bench.coordinator.nowMs)).toMatchObject({
    inFlightCount: 1,
    unknownCount: 0,
  })
  bench.pass(120)
  expect(bench.engine.queueStatus(bench.coordinator.nowMs)).toMatchObject({
    unknownCount: 1,
    settledCount: 0,
  })
  bench.fault().pass(40_000)
  expect(bench.settledCount).toBe(1)
  expect(bench.settledRows).toEqual([0])
})

test('D2: the engine is told whole milliseconds', () => {
  const bench = new Bench()
  bench.world.runUntil(worldStartMs + 5.7)
  bench.accept(1).pass(10)
  const row = bench.processor.books.find(new Uint8Array(16).fill(1))
  expect(bench.processor.books.requestedAtMs(row)).toBe(worldStartMs + 5)
})

test('D3: what is under way when it stops goes on at the processor, unheard', () => {
  const bench = new Bench().pass(10)
  bench.processor.setStage({ delayMs: 500, failing: false })
  bench.accept(1).pass(100)
  bench.coordinator.stop()
  bench.pass(60_000)
  expect(bench.processor.books.count).toBe(1)
  expect([bench.settledCount, bench.settledRows, bench.world.nextMs]).toEqual([
    0,
    [],
    Number.POSITIVE_INFINITY,
  ])
})

test('its polls keep to the processor’s windows', () => {
  const bench = new Bench().pass(60_000)
  expect(bench.processor.healthCallCount).toBeGreaterThan(10)
  expect(bench.processor.healthCallCount).toBeLessThanOrEqual(13)
})
