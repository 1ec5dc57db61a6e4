import { expect, test } from 'vitest'
import { HealthWindow, officialHealthWindow } from './health-window.ts'
import { World, worldStartMs } from './world.ts'

/** Asks at each of the times, and says when each was let through: `undefined` for never. */
function grants(...asksMs: number[]): (number | 'refused' | undefined)[] {
  const world = new World(1)
  const window = new HealthWindow(world, officialHealthWindow)
  const granted: (number | 'refused' | undefined)[] = asksMs.map(() => undefined)
  for (const [index, askMs] of asksMs.entries())
    world.at(worldStartMs + askMs, () => {
      const taken = window.ask(() => {
        granted[index] = world.nowMs - worldStartMs
      })
      if (!taken) granted[index] = 'refused'
    })
  world.runUntil(worldStartMs + 60_000)
  return granted
}

test('one call is let through, two wait for the windows after it, the fourth is refused', () => {
  expect(grants(0, 1, 2, 3)).toEqual([0, 5000, 10_000, 'refused'])
})

test('a window ends at the first beat that finds it over: a poller of exactly 5 s waits a little each time', () => {
  expect(grants(30, 5030, 10_030)).toEqual([30, 5100, 10_100])
})

test('a window that nobody used lets the next call through at once', () => {
  expect(grants(0, 5100, 9000)).toEqual([0, 5100, 10_000])
})

test('after ten seconds of silence a call starts a fresh window', () => {
  expect(grants(0, 12_040, 12_050)).toEqual([0, 12_040, 17_100])
})

test('a call that waited counts as one, for the silence and for the window', () => {
  expect(grants(0, 10, 6000, 14_900, 15_000)).toEqual([0, 5000, 10_000, 15_000, 20_000])
})

test('the silence is counted from when a waiting call was let through, not from when it was made', () => {
  expect(grants(0, 10, 12_000, 12_500)).toEqual([0, 5000, 12_000, 15_000])
})
