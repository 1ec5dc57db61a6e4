import { assert } from '@rinha/base'
import type { Schedule } from './schedule.ts'

/**
 * The same run in less time. What says *when* something happens is multiplied: the ramp's points, the stages, the time
 * from audit to audit. What says *how long a request or a book takes* stays: the processors' delays, the client's
 * timeout, the think time, the auditor's look-back and guard, the look-back of the totals. The delays keep their
 * relation to guard and timeout, which is what makes a schedule hard, and windows stay as wide as a delay needs;
 * they only overlap more. Fewer payments, shorter outages and a smaller backlog: a scaled score is a quick look and
 * compares with nothing but the same scale.
 */
export function scaleSchedule(schedule: Schedule, scale: number): Schedule {
  assert(scale >= scaleMin && scale <= scaleMax, 'the scale is in its range')
  if (scale === 1) return schedule
  const scaled = (ms: number) => Math.round(ms * scale)
  return {
    ...schedule,
    ramp: schedule.ramp.map(point => ({ ...point, atMs: scaled(point.atMs) })),
    stages: schedule.stages.map(stage => ({ ...stage, atMs: scaled(stage.atMs) })),
    audit: { ...schedule.audit, everyMs: Math.max(scaled(schedule.audit.everyMs), auditEveryMsMin) },
  }
}

/** Below it the preview would be over in 3 s, within one client timeout and two think times. */
export const scaleMin = 0.05
/** Longer runs are another schedule: stretched audits would leave payments between two windows unaudited. */
export const scaleMax = 1

/** The auditor must not become a load of its own. */
const auditEveryMsMin = 250
