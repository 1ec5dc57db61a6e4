import { describe, expect, test } from 'vitest'
import { type Overload, playOverload } from './overload.ts'

const bounds: Record<string, Overload['bound']> = {
  'by the pace': { perSecondMax: 500 },
  'by attempts at once': { countMax: 20, delayMs: 50 },
}
const queueWaitMsMax = 2000
const durationMs = 30_000
/** Between two looks at the queue whatever comes is taken. */
const lookMs = 100
/** The pass that a payment waits for, and its attempt. */
const attemptMsMax = 100

describe.each(Object.entries(bounds))('when settling is bounded %s', (_, bound) => {
  const overload = (offeredPerSecond: number, waitMsMax: number) =>
    playOverload({ offeredPerSecond, queueWaitMsMax: waitMsMax, durationMs, bound })
  const unlimited = overload(2000, 0)
  const capacity = unlimited.settledPerSecond

  test.each([2, 4])(
    '%i times as much is offered, and admission keeps 0.9 of it and a bounded wait',
    times => {
      const result = overload(times * capacity, queueWaitMsMax)
      expect(result.settledPerSecond / capacity).toBeGreaterThanOrEqual(0.9)
      expect(result.settledPerSecond / capacity).toBeLessThan(1.01)
      expect(result.ageMsMax).toBeLessThan(queueWaitMsMax + times * lookMs + attemptMsMax)
      expect(result.retryAfterSecondsMax).toBe(3)
      expect(result.settledCount).toBe(result.acceptedCount)
      expect(result.acceptedCount + result.refusedCount).toBe(result.offeredCount)
    },
  )

  test('without admission nothing is refused, and payments wait ever longer', () => {
    expect(unlimited.refusedCount).toBe(0)
    expect(unlimited.settledCount).toBe(unlimited.offeredCount)
    expect(unlimited.ageMsMax).toBeGreaterThan(durationMs)
  })
})
