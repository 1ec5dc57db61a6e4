import { expect, test } from 'vitest'
import { Bench, failing, pushedBack } from './testing.ts'

/** Two clocks: what the wall clock decides, and what it must not. */

test('E4: requestedAt follows the wall clock at once, either way, and nothing else does', () => {
  const bench = new Bench({ workerCount: 1 }).accept(1, 2, 3)
  for (const stepMs of [-3_600_000, 7_200_000]) {
    bench.wallOffsetMs += stepMs
    bench.endAttempt(pushedBack, 10)
    expect(bench.sends[0]).toMatchObject({ requestedAtMs: bench.wallMs })
    expect(bench.engine.queueStatus(bench.nowMs).oldestQueuedAgeMs).toBeLessThanOrEqual(20)
    expect(bench.engine.wakeAtMs(bench.nowMs) - bench.nowMs).toBeLessThanOrEqual(5)
  }
})

test('a clock that steps moves no held payment to a dearer processor', () => {
  const bench = new Bench({ policy: 'patient', workerCount: 50 }).endPoll(failing, 0)
  bench.accept(...Array.from({ length: 8 }, (_, index) => index + 1))
  bench.wallOffsetMs += 3_600_000
  bench.pass(50).accept(9)
  expect(bench.sends.filter(({ processor }) => processor === 1)).toEqual([])
})
