import { expect, test } from 'vitest'
import { Arrivals } from './arrivals.ts'

/** Lets a payment arrive every `everyMs` from `fromMs` on. Returns the time of the last one. */
function flow(arrivals: Arrivals, fromMs: number, count: number, everyMs: number): number {
  for (let payment = 0; payment < count; payment += 1) arrivals.arrived(1, fromMs + payment * everyMs)
  return fromMs + (count - 1) * everyMs
}

test('before the first payment the flow does not count as stopped', () => {
  expect(new Arrivals().stopped(1e9)).toBe(false)
  expect(new Arrivals().perSecond(1e9)).toBe(0)
})

test('the rate follows what arrives, batches counted by their payments', () => {
  const arrivals = new Arrivals()
  const lastMs = flow(arrivals, 1000, 200, 10)
  expect(arrivals.perSecond(lastMs)).toBeCloseTo(100, 0)
  for (let batch = 1; batch <= 100; batch += 1) arrivals.arrived(5, lastMs + batch * 10)
  expect(arrivals.perSecond(lastMs + 1000)).toBeCloseTo(500, -1)
})

test('a busy flow has stopped after 150 ms of quiet, not before', () => {
  const arrivals = new Arrivals()
  const lastMs = flow(arrivals, 0, 1000, 2)
  expect(arrivals.stopped(lastMs + 149)).toBe(false)
  expect(arrivals.stopped(lastMs + 150)).toBe(true)
  expect(arrivals.perSecond(lastMs + 150)).toBe(0)
})

test('a thin flow is given longer: twenty mean gaps, at most five seconds', () => {
  const arrivals = new Arrivals()
  const lastMs = flow(arrivals, 0, 50, 100)
  expect(arrivals.stopsAtMs - lastMs).toBeCloseTo(2000, -1)
  const thin = new Arrivals()
  const lastThinMs = flow(thin, 0, 5, 1000)
  expect(thin.stopsAtMs - lastThinMs).toBe(5000)
})

test('clients that come in bursts have not stopped between two bursts', () => {
  const arrivals = new Arrivals()
  let lastMs = 0
  for (let burst = 0; burst < 20; burst += 1) lastMs = flow(arrivals, burst * 1000, 10, 1)
  expect(arrivals.stopped(lastMs + 1500)).toBe(false)
  expect(arrivals.stopped(lastMs + 2100)).toBe(true)
})

test('the pause between two flows does not count as a gap of either', () => {
  const arrivals = new Arrivals()
  flow(arrivals, 0, 500, 2)
  const lastMs = flow(arrivals, 60_000, 500, 2)
  expect(arrivals.stopped(lastMs + 150)).toBe(true)
})
