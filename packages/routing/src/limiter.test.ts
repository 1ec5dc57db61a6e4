import { expect, test } from 'vitest'
import { Limiter } from './limiter.ts'

function fill(limiter: Limiter): void {
  while (limiter.hasRoom) limiter.acquire()
}

/** One round trip under load: all that are under way are recorded, and each makes room for more. */
function roundTrip(limiter: Limiter): void {
  fill(limiter)
  for (let ended = limiter.inFlightCount; ended > 0; ended -= 1) {
    limiter.recorded()
    fill(limiter)
  }
}

test('it starts where it is told and gives no room past its limit', () => {
  const limiter = new Limiter({ countInitial: 6, countMax: 100 })
  for (let attempt = 0; attempt < 6; attempt += 1) {
    expect(limiter.hasRoom).toBe(true)
    limiter.acquire()
  }
  expect(limiter.hasRoom).toBe(false)
  limiter.ended()
  expect(limiter.hasRoom).toBe(true)
})

test('used to the full it doubles each round trip, up to countMax and never past it', () => {
  const limiter = new Limiter({ countInitial: 6, countMax: 600 })
  const sizes = Array.from({ length: 8 }, () => {
    roundTrip(limiter)
    return limiter.limitCount
  })
  expect(sizes).toEqual([12, 24, 48, 96, 192, 384, 600, 600])
})

test('what is not used does not grow', () => {
  const limiter = new Limiter({ countInitial: 10, countMax: 100 })
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    limiter.acquire()
    limiter.recorded()
  }
  expect(limiter.limitCount).toBe(10)
})

test('a burst of push-backs is one signal: it halves once, and again only for attempts sent since', () => {
  const limiter = new Limiter({ countInitial: 64, countMax: 100 })
  for (let attempt = 0; attempt < 10; attempt += 1) limiter.acquire()
  for (let attempt = 0; attempt < 9; attempt += 1) limiter.congested(1000, 1010)
  expect(limiter.limitCount).toBe(32)
  limiter.congested(1010, 1020)
  expect(limiter.limitCount).toBe(16)
})

test('after a cut it grows by about one a round trip', () => {
  const limiter = new Limiter({ countInitial: 64, countMax: 100 })
  limiter.acquire()
  limiter.congested(0, 1)
  const before = limiter.limitCount
  roundTrip(limiter)
  roundTrip(limiter)
  expect(limiter.limitCount).toBeGreaterThanOrEqual(before + 1)
  expect(limiter.limitCount).toBeLessThanOrEqual(before + 2)
})

test('it never falls below one', () => {
  const limiter = new Limiter({ countInitial: 2, countMax: 100 })
  for (let atMs = 0; atMs < 10; atMs += 1) {
    limiter.acquire()
    limiter.congested(atMs, atMs)
  }
  expect(limiter.limitCount).toBe(1)
  expect(limiter.hasRoom).toBe(true)
})

test('an attempt that ends twice is a programmer error', () => {
  const limiter = new Limiter({ countInitial: 2, countMax: 2 })
  expect(() => limiter.ended()).toThrow('ends once')
})
