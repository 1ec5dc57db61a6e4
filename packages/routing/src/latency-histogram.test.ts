import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'

function histogramOf(samples: readonly number[], boundMs?: number): LatencyHistogram {
  const histogram = new LatencyHistogram(boundMs)
  for (const sample of samples) histogram.add(sample)
  return histogram
}

test('a histogram without samples has no quantiles', () => {
  const { weight, medianMs, lowMs, highMs } = new LatencyHistogram()
  expect([weight, medianMs, lowMs, highMs]).toEqual([0, 0, 0, 0])
})

test('the quantiles of equal samples are exact', () => {
  for (const latencyMs of [0, 0.05, 5, 1000, 200_000]) {
    const { medianMs, lowMs, highMs } = histogramOf(Array.from({ length: 50 }, () => latencyMs))
    for (const ms of [medianMs, lowMs, highMs]) expect(ms).toBeCloseTo(latencyMs)
  }
})

test.each([0.1, 0.5, 0.9, 0.99])('the quantile %f is off by 5 %% at most', share => {
  const prng = new Prng(1)
  const samples = Array.from({ length: 900 }, () => 0.5 * 20_000 ** prng.unit())
  const exact = [...samples].sort((one, other) => one - other)[Math.ceil(share * samples.length) - 1] ?? 0
  // Of 900 the first weigh less than half of the last: what is exact for all alike is a little beside it.
  const told = histogramOf(samples).quantileMs(share)
  expect(Math.abs(Math.log(told / exact))).toBeLessThan(Math.log(20_000) * 0.05)
})

test('the share above a bound is counted, and one in a hundred is seen', () => {
  const samples = Array.from({ length: 1000 }, (_, index) => (index % 100 === 99 ? 3000 : 5))
  const histogram = histogramOf(samples, 1500)
  const share = histogram.weightAboveBound / histogram.weight
  expect(share).toBeGreaterThan(0.008)
  expect(share).toBeLessThan(0.014)
  expect(histogram.medianMs).toBeCloseTo(5)
})

test('the weight is the number of samples at first, and never more than a thousand', () => {
  expect(histogramOf([1, 2, 3]).weight).toBeCloseTo(3, 1)
  const many = histogramOf(Array.from({ length: 100_000 }, () => 5))
  expect(many.weight).toBeGreaterThan(990)
  expect(many.weight).toBeLessThanOrEqual(1000.01)
})

test('old samples are forgotten', () => {
  const samples = Array.from({ length: 5000 }, () => 5)
  const histogram = histogramOf(samples, 100)
  for (let count = 0; count < 5000; count += 1) histogram.add(500)
  expect(histogram.lowMs).toBeCloseTo(500)
  expect(histogram.weightAboveBound / histogram.weight).toBeGreaterThan(0.99)
  histogram.reset()
  expect([histogram.weight, histogram.weightAboveBound, histogram.highMs]).toEqual([0, 0, 0])
})
