import { expect, test } from 'vitest'
import { World } from '../world.ts'
import { blamed } from './testing.ts'
import { Trace } from './trace.ts'
import { TurnWatch } from './turn-watch.ts'

/** The complaints about turns that do these things. */
function watch(...turns: readonly (readonly ('accept' | 'call')[])[]): string {
  const world = new World(1)
  const turn = new TurnWatch(world, new Trace(world))
  for (const [index, things] of turns.entries()) {
    world.after(index, () => {
      for (const thing of things) thing === 'accept' ? turn.onAccepted() : turn.onCall()
    })
  }
  return blamed(() => world.runUntil(world.nowMs + turns.length))
}

test('a turn that takes payments makes no call before they are acknowledged', () => {
  expect(watch(['accept', 'call'])).toBe(
    'protocol: a call begins before the payments of its turn are acknowledged',
  )
  expect(watch(['accept'], ['call'])).toBe('nothing')
  expect(watch(['call', 'accept'])).toBe('nothing')
})

test('a turn begins four calls at the most, the next one four more', () => {
  const four = ['call', 'call', 'call', 'call'] as const
  expect(watch(four, four)).toBe('nothing')
  expect(watch(four, [...four, 'call'])).toBe('bounds: 5 calls to processors begin in one turn')
})
