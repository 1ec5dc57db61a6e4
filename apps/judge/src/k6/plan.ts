import { expectedCount, vusAt } from '../score/ramp.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { TargetOrigins } from '../score/targets.ts'
import { type K6Plan, notedCountMax } from './wire.ts'

/** The schedule as the script plays it. The official script's ramp is one stage; a schedule may have more. */
export function planOf(schedule: Schedule, origins: TargetOrigins, token: string, run: string): K6Plan {
  const { ramp, vusMax, thinkTimeMs, clientTimeoutMs, audit, totals, stages } = schedule
  const [first, ...rest] = ramp
  let atMs = 0
  return {
    origins,
    token,
    run,
    noteEvery: Math.ceil(expectedCount(schedule) / notedCountMax),
    amountText: JSON.stringify(schedule.amountCents / 100),
    startVus: first === undefined ? 1 : vusAt(first, vusMax),
    ramp: rest.map(point => {
      const stage = { durationMs: point.atMs - atMs, targetVus: vusAt(point, vusMax) }
      atMs = point.atMs
      return stage
    }),
    durationMs: durationMs(schedule),
    ...{ thinkTimeMs, clientTimeoutMs, audit, totals, stages },
  }
}
