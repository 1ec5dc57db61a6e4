import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CallTimeout } from './call-timeout.ts'
import { World, worldStartMs } from './world.ts'

const timeoutMs = 100

function rig() {
  const world = new World(1)
  const calls = new CallTimeout<string>(world, timeoutMs, 'given up')
  const ends: string[] = []
  const begin = (name: string) =>
    calls.guard(outcome => ends.push(`${name} ${outcome} at ${world.nowMs - worldStartMs}`))
  return { world, ends, begin, at: (ms: number) => world.runUntil(worldStartMs + ms) }
}

test('a call that is answered in time ends once, and is not given up later', () => {
  const { at, begin, ends } = rig()
  const end = begin('a')
  at(40)
  end('answered')
  end('answered again')
  at(1000)
  expect(ends).toEqual(['a answered at 40'])
})

test('a call without an answer is given up when its time is over, and a later answer is ignored', () => {
  const { at, begin, ends } = rig()
  const end = begin('a')
  at(99)
  expect(ends).toEqual([])
  at(100)
  end('answered')
  expect(ends).toEqual(['a given up at 100'])
})

test('each call has a time limit of its own, whatever happened to earlier calls', () => {
  const { at, begin, ends } = rig()
  const first = begin('first')
  at(30)
  begin('second')
  at(60)
  begin('third')
  first('answered')
  at(1000)
  expect(ends).toEqual(['first answered at 60', 'second given up at 130', 'third given up at 160'])
  begin('after all had ended')
  at(1100)
  expect(ends.at(-1)).toBe('after all had ended given up at 1100')
})

test('the handler of a call that is given up may make a new call at once', () => {
  const world = new World(1)
  const calls = new CallTimeout<string>(world, timeoutMs, 'given up')
  const atMs: number[] = []
  const again = (): unknown =>
    calls.guard(() => {
      atMs.push(world.nowMs - worldStartMs)
      if (atMs.length < 3) again()
    })
  again()
  world.runUntil(worldStartMs + 1000)
  expect(atMs).toEqual([100, 200, 300])
})

test('one event serves all waiting calls, and answered calls cost none', () => {
  const { at, begin, world } = rig()
  for (let ms = 1; ms <= 50; ms += 1) {
    at(ms)
    for (let count = 0; count < 100; count += 1) begin(`${ms}`)('answered')
  }
  const before = world.eventCount
  at(10_000)
  expect(world.eventCount - before).toBeLessThanOrEqual(2)
})

test('thousands of calls in any order of answers end as a timer for each would have it', () => {
  // A call that is answered at the very moment of its timeout may end either way.
  const takesMs = fc.nat(200).filter(ms => ms !== timeoutMs)
  const plan = fc.array(fc.record({ pauseMs: fc.nat(3), takesMs }), {
    minLength: 1500,
    maxLength: 4000,
    size: 'max',
  })
  fc.assert(
    fc.property(plan, calls => {
      const { begin, ends, world } = rig()
      const expected: string[] = []
      let atMs = 0
      calls.forEach(({ pauseMs, takesMs }, index) => {
        atMs += pauseMs
        const beganMs = atMs
        const isGivenUp = takesMs > timeoutMs
        expected.push(
          isGivenUp
            ? `${index} given up at ${beganMs + timeoutMs}`
            : `${index} answered at ${beganMs + takesMs}`,
        )
        world.at(worldStartMs + beganMs, () => {
          const end = begin(`${index}`)
          world.after(takesMs, () => end('answered'))
        })
      })
      world.runUntil(worldStartMs + atMs + 1000)
      expect(ends.sort()).toEqual(expected.sort())
    }),
    { numRuns: 10 },
  )
})
