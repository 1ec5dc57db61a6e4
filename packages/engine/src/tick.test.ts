import { expect, test } from 'vitest'
import { pushedBack, recorded, TestEngine } from './testing.ts'

/** Payments that come close together leave together: one pass over the queue, and a pause after it. */

const tickMsMax = 8
const ticking = () => new TestEngine({ tickMsMax, workerCount: 50 })

test('a lone payment leaves in the step in which it comes, and so does the next one after a pause', () => {
  const tested = ticking().accept(1)
  expect(tested.attempts).toHaveLength(1)
  tested.nowMs += tickMsMax
  tested.accept(2)
  expect(tested.attempts).toHaveLength(2)
})

test('payments that come during the pause leave together at its end, under a requestedAt of that moment', () => {
  const tested = ticking().accept(1, 2)
  for (const number of [3, 4, 5]) {
    tested.nowMs += 2
    tested.accept(number)
  }
  expect(tested.attempts).toHaveLength(2)
  expect(tested.engine.wakeAtMs).toBe(tested.nowMs + 2)
  tested.tell({ kind: 'tick' }, 2)
  expect(tested.attempts).toHaveLength(5)
  for (const send of tested.attempts.slice(2))
    expect(send).toMatchObject({ requestedAtMs: tested.wallMs, askedAtMs: tested.nowMs })
})

test('the pause after a lone payment is shorter, because there are few payments to gather', () => {
  const tested = ticking().accept(1).accept(2)
  expect(tested.engine.wakeAtMs).toBe(tested.nowMs + tickMsMax / 2)
})

test('no event causes a second pass during the pause', () => {
  const tested = ticking().accept(1, 2).accept(3)
  tested.endAttempt(recorded)
  tested.endAttempt(pushedBack)
  tested.tell({ kind: 'tick' }, 1)
  expect(tested.attempts).toHaveLength(2)
  tested.pass(tickMsMax)
  expect(tested.attempts).toHaveLength(4)
})

test('an engine with nothing to send is not woken', () => {
  const tested = ticking().accept(1, 2)
  expect(tested.engine.wakeAtMs).toBeGreaterThan(tested.nowMs + 50)
})

test('at a steady 1000 a second one pass sends as many as have come since the last', () => {
  const tested = ticking()
  let passCount = 0
  for (let number = 1; number <= 120; number += 1) {
    const before = tested.attempts.length
    tested.nowMs += 1
    tested.accept(number)
    while (tested.sends.length > 0) tested.endAttempt(recorded, 0)
    if (tested.attempts.length > before) passCount += 1
  }
  expect(tested.attempts.length).toBeGreaterThanOrEqual(120 - tickMsMax)
  expect(passCount).toBeLessThanOrEqual(120 / tickMsMax + 2)
})
