import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'

test('up to a limit payments run, up to another they wait, others are refused, and the one that waited longest runs next', () => {
  const limiter = new ConcurrencyLimiter<string>(2, 2)
  const places = ['a', 'b', 'c', 'd', 'e'].map(name => limiter.enter(name))
  expect(places).toEqual(['running', 'running', 'waiting', 'waiting', 'refused'])
  expect([limiter.leave(), limiter.leave(), limiter.leave(), limiter.leave()]).toEqual([
    'c',
    'd',
    undefined,
    undefined,
  ])
  expect(limiter.runningCount).toBe(0)
  expect(() => limiter.leave()).toThrow('only a running request leaves')
})

test('a waiting payment that is abandoned is passed over and makes room', () => {
  const limiter = new ConcurrencyLimiter<string>(1, 2)
  for (const name of ['a', 'b', 'c']) limiter.enter(name)
  expect(limiter.abandon('b')).toBe(true)
  expect(limiter.abandon('b')).toBe(false)
  expect(limiter.abandon('a')).toBe(false)
  expect(limiter.enter('d')).toBe('waiting')
  expect([limiter.leave(), limiter.leave()]).toEqual(['c', 'd'])
})

test('under any arrivals and departures no payment waits while there is room (invariants 1 and 2)', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('enter', 'leave', 'abandon'), { maxLength: 200 }), events => {
      const limiter = new ConcurrencyLimiter<number>(3, 4)
      const waiting: number[] = []
      let running = 0
      events.forEach((event, id) => {
        if (event === 'enter') {
          const expected = running < 3 ? 'running' : waiting.length < 4 ? 'waiting' : 'refused'
          expect(limiter.enter(id)).toBe(expected)
          if (expected === 'running') running += 1
          if (expected === 'waiting') waiting.push(id)
        } else if (event === 'leave' && running > 0) {
          const next = waiting.shift()
          expect(limiter.leave()).toBe(next)
          if (next === undefined) running -= 1
        } else if (event === 'abandon') {
          const last = waiting.pop()
          if (last !== undefined) expect(limiter.abandon(last)).toBe(true)
        }
        expect([limiter.runningCount, limiter.waitingCount]).toEqual([running, waiting.length])
      })
    }),
  )
})
