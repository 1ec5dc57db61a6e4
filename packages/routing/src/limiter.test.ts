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
  for (let attempt = 0; attempt < 9; attempt += 1) limiter.congested(1000, 1010, false)
  expect(limiter.limitCount).toBe(32)
  limiter.congested(1010, 1020, false)
  expect(limiter.limitCount).toBe(16)
})

test('after a cut it grows by about one a round trip', () => {
  const limiter = new Limiter({ countInitial: 64, countMax: 100 })
  limiter.acquire()
  limiter.congested(0, 1, false)
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
    limiter.congested(atMs, atMs, false)
  }
  expect(limiter.limitCount).toBe(1)
  expect(limiter.hasRoom).toBe(true)
})

test('an attempt that ends twice is a programmer error', () => {
  const limiter = new Limiter({ countInitial: 2, countMax: 2 })
  expect(() => limiter.ended()).toThrow('ends once')
})

test('a cut for lost answers is taken back when a payment of them is found, and one for a push-back is not', () => {
  for (const [isLoss, limitCount] of [
    [true, 9],
    [false, 5],
  ] as const) {
    const limiter = new Limiter({ countInitial: 8, countMax: 100 })
    for (let count = 0; count < 3; count += 1) limiter.acquire()
    limiter.congested(0, 10, isLoss)
    expect(limiter.limitCount).toBe(4)
    limiter.found(0)
    expect(limiter.limitCount).toBe(limitCount)
  }
})
