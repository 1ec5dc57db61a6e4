import { expect, test } from 'vitest'
import { failing, pushedBack, TestEngine } from './testing.ts'

/** The wall clock decides requestedAt, and must not decide anything else. */

test('E4: requestedAt follows the wall clock at once, back and ahead, and nothing else follows it', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1, 2, 3)
  for (const stepMs of [-3_600_000, 7_200_000]) {
    tested.wallOffsetMs += stepMs
    tested.endAttempt(pushedBack, 10)
    expect(tested.sends[0]).toMatchObject({ requestedAtMs: tested.wallMs })
    expect(tested.engine.queueStatus(tested.nowMs).oldestQueuedAgeMs).toBeLessThanOrEqual(20)
    expect(tested.engine.wakeAtMs - tested.nowMs).toBeLessThanOrEqual(5)
  }
})

test('a clock that steps moves no held payment to a dearer processor', () => {
  const tested = new TestEngine({ policy: 'patient', workerCount: 50 }).endPoll(failing, 0)
  tested.accept(...Array.from({ length: 8 }, (_, index) => index + 1))
  tested.wallOffsetMs += 3_600_000
  tested.pass(50).accept(9)
  expect(tested.sends.filter(({ processor }) => processor === 1)).toEqual([])
})
