import { expect, test } from 'vitest'
import { PassWatch } from './pass-watch.ts'
import { blamed, Facts } from './testing.ts'

test('payments that leave in one step are one pass, and half a pause after it is enough', () => {
  const facts = new Facts({ tickMsMax: 8 })
  const watch = new PassWatch(facts)
  const step = (afterMs: number, sentCount: number): string => {
    facts.world.runUntil(facts.world.nowMs + afterMs)
    for (let count = 0; count < sentCount; count += 1) watch.onSend()
    return blamed(() => watch.onStepped())
  }
  expect(step(0, 3)).toBe('nothing')
  expect(step(0, 0)).toBe('nothing')
  expect(step(4, 1)).toBe('nothing')
  expect(step(3, 1)).toBe('bounds: payments leave the queue again after 3 ms')
  expect(step(0, 1)).toBe('bounds: payments leave the queue again after 0 ms')
})
