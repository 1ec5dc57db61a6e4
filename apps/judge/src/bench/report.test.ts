import { expect, test } from 'vitest'
import type { Block } from './block.ts'
import { mediansOf, middle, ratio, type Series, servicesTable, stacksTable } from './report.ts'

function block(p99Ms: number, settledPerSecond = Number.NaN): Block {
  const service = { service: 'haproxy', cpuUs: 100, switches: 1.5, systemCalls: Number.NaN }
  return {
    ...{ acceptedCount: 2400, acceptedPerSecond: 600, failedCount: 0, p50Ms: 1, p99Ms, p999Ms: 9 },
    ...{ cpuUs: 100, processorsCpuUs: 0, loadCpuUs: 50, otherCpus: 0.1, stolenCpus: 0, settledPerSecond },
    recordedPart: Number.NaN,
    services: [{ ...service, throttledCount: 0, periodCount: 40, memoryMiB: 12 }],
  }
}
const series = (name: string, ...p99s: readonly number[]): Series => ({
  name,
  counted: block(99),
  blocks: p99s.map(p99Ms => block(p99Ms)),
})
const floor = series('floor B', 2, 4, 40)
const ours = series('ours', 3, 6, 40)
const p99 = ({ p99Ms }: Block) => p99Ms

test('a figure is the median of the rounds, without the one that is not counted', () => {
  expect(middle(ours, p99)).toBe(6)
})

test('a ratio is the median of the ratios of each round, so that a round that was slow for all does not count', () => {
  expect(ratio(ours, floor, p99)).toBe(1.5)
})

test('an unknown figure is a dash in the table and null in JSON', () => {
  expect(stacksTable([floor, ours], floor)).toMatch(
    /^ours +600 +1\.00 +0 +1\.00 +1\.00 +6\.00 +1\.50 .* – +– /m,
  )
  expect(servicesTable([ours])).toMatch(/^ours haproxy +100 +1\.50 +– +0 of 40 +12\.0$/m)
  expect(mediansOf(ours)).toMatchObject({ name: 'ours', p99Ms: 6, settledPerSecond: null })
})
