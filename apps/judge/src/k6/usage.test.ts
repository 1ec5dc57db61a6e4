import { expect, test } from 'vitest'
import type { CgroupSample } from './cgroup.ts'
import { UsageMeter } from './usage.ts'

const sample = (cpuMs: number, memoryBytes: number, rest: Partial<CgroupSample> = {}): CgroupSample => ({
  cpuMs,
  memoryBytes,
  memoryMarkBytes: 500,
  memoryBytesMax: 1000,
  cpusMax: 0.5,
  periodCount: cpuMs,
  throttledCount: cpuMs / 10,
  throttledMs: cpuMs / 100,
  ...rest,
})

function usageOf(...looks: readonly (readonly [atMs: number, sample: CgroupSample])[]) {
  const meter = new UsageMeter()
  for (const [atMs, each] of looks) meter.add(atMs, each)
  return meter.usage()
}

test('CPU time before the first look does not count', () => {
  const usage = usageOf([5000, sample(10_000, 100)], [6000, sample(10_200, 300)], [7000, sample(10_300, 200)])
  expect(usage).toEqual({
    cpuSeconds: 0.3,
    cpusMean: 0.15,
    cpusPeak: 0.2,
    cpusMax: 0.5,
    memoryBytesPeak: 300,
    memoryBytesMax: 1000,
    periodCount: 300,
    throttledCount: 30,
    throttledMs: 3,
  })
})

test('a last look that comes at once after another does not make a peak', () => {
  const usage = usageOf([0, sample(0, 1)], [1000, sample(100, 1)], [1010, sample(110, 1)])
  expect(usage?.cpusPeak).toBe(0.1)
  expect(usage?.cpuSeconds).toBe(0.11)
})

test("the kernel's mark is the peak where it rose during the run, and not where it is from before", () => {
  const mark = (memoryMarkBytes: number) => sample(0, 300, { memoryMarkBytes })
  expect(usageOf([0, mark(500)], [1000, mark(500)])?.memoryBytesPeak).toBe(300)
  expect(usageOf([0, mark(500)], [1000, mark(700)])?.memoryBytesPeak).toBe(700)
})

test('a figure that no look found stays unknown, and one that a look found is the peak', () => {
  const unknown = Number.NaN
  const nothing = sample(unknown, unknown, {
    memoryMarkBytes: unknown,
    memoryBytesMax: unknown,
    cpusMax: unknown,
  })
  expect(new Set(Object.values(usageOf([0, nothing], [1000, nothing]) ?? {}))).toEqual(new Set([unknown]))
  expect(usageOf([0, nothing], [1000, sample(10, 300)], [2000, nothing])?.memoryBytesPeak).toBe(300)
  expect(usageOf()).toBeUndefined()
})
