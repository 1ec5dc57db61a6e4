import { expect, test } from 'vitest'
import { World, worldStartMs } from '../world.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'

function rig(seed = 1) {
  const world = new World(seed)
  return { world, trace: new Trace(world) }
}

test('events are told with their time since the start, oldest first', () => {
  const { trace, world } = rig()
  trace.note('begins')
  world.runUntil(worldStartMs + 1234.5)
  trace.note('settled', 7, 1990, worldStartMs + 1200)
  expect(trace.lines(10)).toEqual(['    0.0000 s  begins 0 0 0', '    1.2345 s  settled 7 1990 @1200ms'])
  expect(trace.eventCount).toBe(2)
})

test('only the last events are told, however many there were, and no more than asked for', () => {
  const { trace } = rig()
  for (let number = 1; number <= 1000; number += 1) trace.note('event', number)
  expect(trace.eventCount).toBe(1000)
  expect(trace.lines(3).map(line => line.slice(14))).toEqual([
    'event 998 0 0',
    'event 999 0 0',
    'event 1000 0 0',
  ])
  const all = trace.lines(5000)
  expect(all).toHaveLength(400)
  expect(all[0]).toContain('event 601 ')
})

test('every value of every event is in the hash of the run', () => {
  const hashOf = (...events: readonly [string, ...number[]][]) => {
    const { trace, world } = rig()
    for (const [word, a, b, c] of events) trace.note(word, a, b, c)
    return world.traceHash
  }
  const runs = [
    hashOf(),
    hashOf(['a']),
    hashOf(['b']),
    hashOf(['a', 1]),
    hashOf(['a', 0, 1]),
    hashOf(['a', 1, 2]),
    hashOf(['a', 1, 2, 3]),
    hashOf(['a'], ['a']),
    hashOf(['a', 1], ['b']),
    hashOf(['b'], ['a', 1]),
  ]
  expect(new Set(runs).size).toBe(runs.length)
  expect(hashOf(['b'], ['a', 1])).toBe(runs.at(-1))
})

test('blame ends the run, with who blames', () => {
  const { trace } = rig()
  const blame = () => trace.blame('once', 'payment 3 is recorded at two processors')
  expect(blame).toThrow(Violation)
  expect(blame).toThrow('payment 3 is recorded at two processors')
})
