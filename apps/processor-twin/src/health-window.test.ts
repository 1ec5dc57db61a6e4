import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HealthWindow } from './health-window.ts'

const real = { windowMs: 5000, heartbeatMs: 100, waitingCountMax: 2, resetMs: 10_000 }
const originMs = 123_456.789

/** Calls arrive as the desk lets them: after the windows that are over. */
function ask(window: HealthWindow<string>, call: string, atMs: number): string {
  const granted = window.advance(originMs + atMs)
  const place = window.ask(call, originMs + atMs)
  return [...granted.map(name => `${name} granted`), `${call} ${place}`].join(', ')
}

test('one call a window, two wait, the fourth is refused', () => {
  const window = new HealthWindow<string>(real, originMs)
  expect(['a', 'b', 'c', 'd'].map(call => ask(window, call, 0))).toEqual([
    'a granted',
    'b waiting',
    'c waiting',
    'd refused',
  ])
  expect(window.nextGrantMs()).toBe(originMs + 5000)
  expect(window.advance(originMs + 4999)).toEqual([])
  expect(window.advance(originMs + 5000)).toEqual(['b'])
  expect(ask(window, 'e', 5001)).toBe('e waiting')
  expect(window.advance(originMs + 10_000)).toEqual(['c'])
  expect(window.advance(originMs + 15_000)).toEqual(['e'])
  expect(window.nextGrantMs()).toBeUndefined()
})

test('a window ends at a beat, so a poller with a period of exactly 5 s waits a little each time', () => {
  const window = new HealthWindow<string>(real, originMs)
  expect(ask(window, 'a', 30)).toBe('a granted')
  expect(ask(window, 'b', 5030)).toBe('b waiting')
  expect(window.nextGrantMs()).toBe(originMs + 5100)
  expect(window.advance(originMs + 5100)).toEqual(['b'])
  expect(ask(window, 'c', 10_030)).toBe('c waiting')
  expect(window.nextGrantMs()).toBe(originMs + 10_100)
})

test('windows roll on from the first call while nobody calls', () => {
  const window = new HealthWindow<string>(real, originMs)
  ask(window, 'a', 0)
  expect(ask(window, 'b', 7000)).toBe('b granted')
  expect(ask(window, 'c', 7001)).toBe('c waiting')
  expect(window.nextGrantMs()).toBe(originMs + 10_000)
})

test('after the reset without a call, the next call starts a window of its own', () => {
  const window = new HealthWindow<string>(real, originMs)
  ask(window, 'a', 0)
  expect(ask(window, 'b', 12_000)).toBe('b granted')
  expect(ask(window, 'c', 12_001)).toBe('c waiting')
  expect(window.nextGrantMs()).toBe(originMs + 17_000)
})

test('just before the reset windows still roll', () => {
  const window = new HealthWindow<string>(real, originMs)
  ask(window, 'a', 1000)
  expect(ask(window, 'b', 10_999)).toBe('b granted')
  ask(window, 'c', 10_999)
  expect(window.nextGrantMs()).toBe(originMs + 11_000)
})

test('a call that waits is no silence: it is granted even where the reset is shorter than the window', () => {
  const window = new HealthWindow<string>({ ...real, resetMs: 1000 }, originMs)
  for (const call of ['a', 'b', 'c']) ask(window, call, 0)
  expect(window.advance(originMs + 5000)).toEqual(['b'])
  expect(window.advance(originMs + 10_000)).toEqual(['c'])
})

test('a waiting call that goes away makes room for another and is never granted', () => {
  const window = new HealthWindow<string>(real, originMs)
  for (const call of ['a', 'b', 'c']) ask(window, call, 0)
  expect(window.abandon('b')).toBe(true)
  expect(ask(window, 'd', 1)).toBe('d waiting')
  expect(window.advance(originMs + 5000)).toEqual(['c'])
  expect(window.advance(originMs + 10_000)).toEqual(['d'])
})

test('however calls come, at most one is granted between two ends of windows, and all that waited in turn', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 60 }), gapsMs => {
      const window = new HealthWindow<number>(real, 0)
      const grantsMs: number[] = []
      let waiting: number[] = []
      let nowMs = 0
      const step = (): void => {
        for (let due = window.nextGrantMs(); due !== undefined && due <= nowMs; due = window.nextGrantMs()) {
          expect(window.advance(due)).toEqual([waiting.shift()])
          grantsMs.push(due)
        }
        expect(window.advance(nowMs)).toEqual([])
      }
      gapsMs.forEach((gapMs, call) => {
        nowMs += gapMs
        step()
        const place = window.ask(call, nowMs)
        if (place === 'granted') grantsMs.push(nowMs)
        if (place === 'waiting') waiting = [...waiting, call]
        expect(place === 'refused').toBe(waiting.length === 2 && place !== 'waiting')
      })
      // Of any three grants in a row, the outer two are a window apart.
      for (let index = 2; index < grantsMs.length; index += 1) {
        expect((grantsMs[index] ?? 0) - (grantsMs[index - 2] ?? 0)).toBeGreaterThanOrEqual(real.windowMs)
      }
    }),
  )
})
