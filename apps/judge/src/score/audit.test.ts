import { afterEach, expect, test } from 'vitest'
import { audit } from './audit.ts'
import type { AuditRule } from './schedule.ts'
import { Backend, Processor, type Targets } from './targets.ts'
import { Double, type Faults } from './test-double.ts'

const rule: AuditRule = { everyMs: 1000, lookBackMs: 15_000, guardMs: 1500, inconsistency: 'sum-of-abs' }
const nowMs = Date.parse('2025-08-09T21:20:00.000Z')

let stop: () => Promise<void> = async () => {}
afterEach(() => stop())

async function targetsOf(double: Double): Promise<Targets & { readonly latenciesMs: number[] }> {
  const origins = await double.startAt()
  const latenciesMs: number[] = []
  const onLatency = (latencyMs: number) => latenciesMs.push(latencyMs)
  const targets = {
    backend: new Backend(origins.backend, 300, onLatency),
    default: new Processor('default', origins.default, 300, '123', onLatency),
    fallback: new Processor('fallback', origins.fallback, 300, '123', onLatency),
    latenciesMs,
  }
  stop = async () => {
    await Promise.all([targets.backend.close(), targets.default.close(), targets.fallback.close()])
    await double.stop()
  }
  return targets
}

function booked(faults: Faults, atMs: readonly number[]): Double {
  const double = new Double(faults)
  double.default.entries = atMs.map(requestedAtMs => ({ requestedAtMs, amountCents: 1990 }))
  return double
}

test('the window ends a guard ago, starts a look-back ago, and holds both its ends', async () => {
  const [fromMs, toMs] = [nowMs - 15_000, nowMs - 1500]
  const double = booked({}, [fromMs - 1, fromMs, toMs, toMs + 1])
  const found = await audit(await targetsOf(double), rule, nowMs)
  expect(found).toMatchObject({
    fromMs,
    toMs,
    backend: { default: 2, fallback: 0 },
    processors: { default: 2, fallback: 0 },
    inconsistencyCount: 0,
    missing: [],
  })
  expect(double.windows[0]).toMatchObject({
    from: '2025-08-09T21:19:45.000Z',
    to: '2025-08-09T21:19:58.500Z',
  })
})

test('the three books are read at the same time, and each read is measured', async () => {
  const targets = await targetsOf(booked({ summariesTogether: 3 }, []))
  expect((await audit(targets, rule, nowMs)).missing).toEqual([])
  expect(targets.latenciesMs).toHaveLength(3)
})

test('a book that cannot be read in time counts as empty, and is named', async () => {
  const targets = await targetsOf(booked({ summariesTogether: 4 }, [nowMs - 5000]))
  const found = await audit(targets, rule, nowMs)
  expect(found.missing).toEqual([
    'default processor: no answer within 300 ms',
    'fallback processor: no answer within 300 ms',
    'backend: no answer within 300 ms',
  ])
  expect(found.inconsistencyCount).toBe(0)
  expect(targets.latenciesMs).toEqual([])
})

test('a backend that is gone differs by all that the processors hold', async () => {
  const double = booked({}, [nowMs - 5000, nowMs - 6000])
  const targets = await targetsOf(double)
  const gone = { ...targets, backend: new Backend('http://127.0.0.1:1', 300, () => {}) }
  const found = await audit(gone, rule, nowMs)
  expect(found.inconsistencyCount).toBe(2)
  expect(found.missing).toEqual(['backend: ECONNREFUSED'])
  await gone.backend.close()
})
