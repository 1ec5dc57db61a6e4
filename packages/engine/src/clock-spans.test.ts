import { expect, test } from 'vitest'
import { ClockSpans } from './clock-spans.ts'
import { clockSpanCountMax } from './limits.ts'

const wallMs = 1_700_000_000_000
const hourMs = 3_600_000

test('a row has the age that the monotonic clock gives it, whatever the wall clock was set to since', () => {
  const clock = new ClockSpans({ nowMs: 1000, wallMs })
  clock.look({ nowMs: 2000, wallMs: wallMs + 1000 + hourMs }, 5)
  clock.look({ nowMs: 3000, wallMs: wallMs + 2000 - hourMs }, 9)
  expect(clock.acceptedMs(0, wallMs - 500)).toBe(500)
  expect(clock.acceptedMs(4, wallMs + 500)).toBe(1500)
  expect(clock.acceptedMs(5, wallMs + 1500 + hourMs)).toBe(2500)
  expect(clock.acceptedMs(9, wallMs + 2500 - hourMs)).toBe(3500)
})

test('seconds are over that were over before the clock was set back, and the one in which it was; those to come are not', () => {
  const clock = new ClockSpans({ nowMs: 1000, wallMs })
  clock.look({ nowMs: 2000, wallMs: wallMs + 1000 - hourMs }, 0)
  clock.look({ nowMs: 3000, wallMs: wallMs + 2000 + hourMs }, 0)
  expect([0, 1999, 2000, 2999, 3000].map(nowMs => clock.secondsOverMs(nowMs) - wallMs)).toEqual([
    -1000,
    0,
    2000,
    2000,
    2000 + hourMs,
  ])
})

test('after a purge rows are numbered anew, and are of the time from then on', () => {
  const clock = new ClockSpans({ nowMs: 1000, wallMs })
  clock.look({ nowMs: 2000, wallMs: wallMs + 1000 + hourMs }, 100)
  clock.look({ nowMs: 3000, wallMs: wallMs + 2000 + hourMs }, 0)
  expect(clock.acceptedMs(0, wallMs + 2000 + hourMs)).toBe(3000)
})

test('of more steps than are known apart, rows count as younger than they are, never as older', () => {
  const clock = new ClockSpans({ nowMs: 0, wallMs })
  const stepMs = (step: number) => (step % 2) * hourMs
  const stepCount = 3 * clockSpanCountMax
  for (let step = 1; step <= stepCount; step += 1)
    clock.look({ nowMs: step, wallMs: wallMs + step + stepMs(step) }, step)
  for (let step = 1; step <= stepCount; step += 1) {
    const acceptedMs = clock.acceptedMs(step, wallMs + step + stepMs(step))
    expect(acceptedMs).toBeGreaterThanOrEqual(step)
    if (step > stepCount - clockSpanCountMax + 1) expect(acceptedMs).toBe(step)
  }
})
