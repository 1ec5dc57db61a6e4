import type { RampPoint, Schedule } from './schedule.ts'

/**
 * How many virtual users are at work `atMs` after the start: k6's ramping-vus, which moves in a straight line between
 * points and starts a user when the line reaches its whole number. One user is there from the start, whatever the
 * first point says. Where two points share a time, the later one holds from then on.
 */
export function activeVus(ramp: readonly RampPoint[], vusMax: number, atMs: number): number {
  let from: RampPoint | undefined
  for (const to of ramp) {
    if (to.atMs > atMs) return from === undefined ? 0 : between(from, to, vusMax, atMs)
    from = to
  }
  // At the last point the load is over: k6 starts no user there.
  return 0
}

function between(from: RampPoint, to: RampPoint, vusMax: number, atMs: number): number {
  const fromVus = vusAt(from, vusMax)
  const gone = (atMs - from.atMs) / (to.atMs - from.atMs)
  // 3 · (1/3) must reach 1: a line that misses a whole number by rounding alone has reached it.
  return Math.floor(fromVus + (vusAt(to, vusMax) - fromVus) * gone + 1e-9)
}

/** The number of users at a point, at least one. */
export function vusAt(point: RampPoint, vusMax: number): number {
  return Math.max(1, Math.round(point.part * vusMax))
}

/** How many payments are posted at the most: each user posts one in a think time. */
export function expectedCount({
  ramp,
  vusMax,
  thinkTimeMs,
}: Pick<Schedule, 'ramp' | 'vusMax' | 'thinkTimeMs'>): number {
  let userMs = 0
  for (const [index, to] of ramp.entries()) {
    const from = ramp[index - 1] ?? to
    userMs += ((vusAt(from, vusMax) + vusAt(to, vusMax)) / 2) * (to.atMs - from.atMs)
  }
  return Math.ceil(userMs / Math.max(1, thinkTimeMs)) + vusMax
}
