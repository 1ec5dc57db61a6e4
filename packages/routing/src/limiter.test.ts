import { Prng } from '@rinha/base'
import { describe, expect, test } from 'vitest'
import { Limiter } from './limiter.ts'

function fill(limiter: Limiter): void {
  while (limiter.hasRoom) limiter.acquire()
}

/**
 * A processor under as much load as the limiter allows. All attempts under way take `latencyMs` together, and then end one
 * by one as `end` says. Each end makes room for another attempt. Plays round trips, and returns the limit after each one.
 */
function play(
  limiter: Limiter,
  latencyMs: (inFlightCount: number) => number,
  roundTripCount: number,
  end: (sentAtMs: number, nowMs: number) => void = (sentAtMs, nowMs) => limiter.recorded(sentAtMs, nowMs),
  fromMs = 0,
): number[] {
  const limits: number[] = []
  let [sentAtMs, nowMs] = [fromMs, fromMs]
  for (let roundTrip = 0; roundTrip < roundTripCount; roundTrip += 1) {
    fill(limiter)
    nowMs += latencyMs(limiter.inFlightCount)
    for (let ended = limiter.inFlightCount; ended > 0; ended -= 1) {
      end(sentAtMs, nowMs)
      fill(limiter)
    }
    sentAtMs = nowMs
    limits.push(limiter.limitCount)
  }
  // They end without a word, so that another round trip can be played after it.
  while (limiter.inFlightCount > 0) limiter.ended(false)
  return limits
}

const constant = (ms: number) => () => ms

test('the limiter starts at its initial limit and gives no room past its limit', () => {
  const limiter = new Limiter({ countInitial: 6, countMax: 100 })
  for (let attempt = 0; attempt < 6; attempt += 1) {
    expect(limiter.hasRoom).toBe(true)
    limiter.acquire()
  }
  expect(limiter.hasRoom).toBe(false)
  limiter.ended(false)
  expect(limiter.hasRoom).toBe(true)
})

test.each([5, 1000])(
  'a fully used limit grows to countMax, and not past it, at a constant latency of %i ms',
  latencyMs => {
    const limiter = new Limiter({ countInitial: 6, countMax: 600 })
    const limits = play(limiter, constant(latencyMs), 20)
    expect(limits.slice(0, 3)).toEqual([12, 24, 48])
    expect(limits.at(-1)).toBe(600)
  },
)

test('a limit that is not used does not grow', () => {
  const limiter = new Limiter({ countInitial: 10, countMax: 100 })
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    limiter.acquire()
    limiter.recorded(attempt, attempt + 1)
  }
  expect(limiter.limitCount).toBe(10)
})

describe('push-backs', () => {
  const pushedBack = (limiter: Limiter) => (sentAtMs: number, nowMs: number) =>
    limiter.pushedBack(sentAtMs, nowMs, false)

  test('of every attempt, for many round trips, halve the limit each time in the end, down to one', () => {
    const limiter = new Limiter({ countInitial: 64, countMax: 100 })
    const limits = play(limiter, constant(10), 16, pushedBack(limiter))
    expect(limits.slice(0, 5)).toEqual([64, 56, 43, 31, 20])
    expect(limits.at(-1)).toBe(1)
    expect(limiter.hasRoom).toBe(true)
  })

  test.each([0.01, 0.1])('at random, with a share of %f, leave the limit where it would be', share => {
    const limiter = new Limiter({ countInitial: 6, countMax: 600 })
    const prng = new Prng(5)
    const limits = play(limiter, constant(1000), 80, (sentAtMs, nowMs) => {
      if (prng.chance(share)) limiter.pushedBack(sentAtMs, nowMs, false)
      else limiter.recorded(sentAtMs, nowMs)
    })
    expect(Math.min(...limits.slice(40))).toBeGreaterThan(300)
  })

  test('cut the limit, which grows slowly afterwards', () => {
    const limiter = new Limiter({ countInitial: 64, countMax: 100 })
    play(limiter, constant(10), 4, pushedBack(limiter))
    const [, second = 0, , fourth = 0] = play(limiter, constant(10), 4, undefined, 1000)
    expect(fourth - second).toBeGreaterThanOrEqual(1)
    expect(fourth - second).toBeLessThanOrEqual(8)
  })
})

describe('lost answers', () => {
  test.each([0.01, 0.05, 0.3])('at random, with a share of %f, change nothing', share => {
    const limiter = new Limiter({ countInitial: 6, countMax: 600 })
    const prng = new Prng(5)
    const limits = play(limiter, constant(5), 60, (sentAtMs, nowMs) => {
      if (prng.chance(share)) limiter.lost(sentAtMs, nowMs, false)
      else limiter.recorded(sentAtMs, nowMs)
    })
    expect(limits.at(-1)).toBe(600)
  })

  test('halve the limit if most answers of a round trip are lost', () => {
    const limiter = new Limiter({ countInitial: 64, countMax: 100 })
    let number = 0
    const limits = play(limiter, constant(5), 8, (sentAtMs, nowMs) => {
      number += 1
      if (number % 4 === 0) limiter.recorded(sentAtMs, nowMs)
      else limiter.lost(sentAtMs, nowMs, false)
    })
    expect(limits.at(-1)).toBeLessThan(12)
  })

  test('count as records if the payment is found', () => {
    const limiter = new Limiter({ countInitial: 8, countMax: 100 })
    limiter.found()
    expect(limiter.limitCount).toBe(9)
  })
})

describe('latency', () => {
  /** 100 attempts at once are served in 30 ms, and all others wait for them. */
  const saturated = (inFlightCount: number) => 30 * Math.max(1, inFlightCount / 100)

  test('that grows with what is under way bounds it', () => {
    const limiter = new Limiter({ countInitial: 6, countMax: 700 })
    const limits = play(limiter, saturated, 100).slice(50)
    expect(Math.max(...limits)).toBeLessThan(620)
    expect(Math.min(...limits)).toBeGreaterThan(100)
  })

  test('that changes suddenly is a new level: a limiter that is told of it does not shrink', () => {
    const limiter = new Limiter({ countInitial: 6, countMax: 600 })
    play(limiter, constant(5), 6)
    const before = limiter.limitCount
    limiter.shifted()
    const limits = play(limiter, constant(1000), 20, undefined, 1000)
    expect(Math.min(...limits)).toBeGreaterThanOrEqual(before)
    expect(limits.at(-1)).toBe(600)
  })

  test('that a cut does not lower is the processor’s own: the cuts are taken back', () => {
    const limiter = new Limiter({ countInitial: 100, countMax: 600 })
    play(limiter, constant(5), 1)
    const before = limiter.limitCount
    const limits = play(limiter, constant(200), 12, undefined, 1000)
    expect(Math.min(...limits)).toBeLessThan(before)
    expect(limits.at(-1)).toBeGreaterThanOrEqual(before)
  })
})

test('overdue attempts leave room for others, and all together are at most countMax', () => {
  const limiter = new Limiter({ countInitial: 6, countMax: 10 })
  for (let hung = 0; hung < 6; hung += 1) {
    limiter.acquire()
    limiter.overdue()
  }
  fill(limiter)
  expect(limiter.inFlightCount).toBe(10)
  limiter.ended(true)
  expect(limiter.hasRoom).toBe(true)
})

test('the limit grows at a new level, although its first answers are all late', () => {
  const limiter = new Limiter({ countInitial: 6, countMax: 100 })
  for (let attempt = 0; attempt < 6; attempt += 1) {
    limiter.acquire()
    limiter.overdue()
  }
  for (let attempt = 0; attempt < 3; attempt += 1) limiter.recordedLate()
  expect(limiter.limitCount).toBe(8)
})

test('an attempt that ends twice is a programmer error', () => {
  const limiter = new Limiter({ countInitial: 2, countMax: 2 })
  expect(() => limiter.ended(false)).toThrow('ends once')
})

test('a quick answer before a processor got slow keeps the limit small only for a while', () => {
  const limiter = new Limiter({ countInitial: 10, countMax: 100 })
  for (let atMs = 0; atMs < 3; atMs += 1) {
    limiter.acquire()
    limiter.recorded(atMs, atMs + 1)
  }
  play(limiter, constant(800), 2, undefined, 10)
  // When the limit is cut to two, there is no smaller load to compare with.
  const limits = play(limiter, inFlightCount => 300 + 10 * inFlightCount, 60, undefined, 10_000)
  expect(limits.at(-1)).toBeGreaterThan(6)
})
