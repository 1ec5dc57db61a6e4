import { requestedAtOnArrival } from './01-requested-at-on-arrival.ts'
import { retryOnTimeout } from './02-retry-on-timeout.ts'
import { floatMoney } from './03-float-money.ts'
import { unboundedDedup } from './04-unbounded-dedup.ts'
import { queueWithoutBackPressure } from './05-queue-without-back-pressure.ts'
import { healthEndpointThatWaits } from './06-health-endpoint-that-waits.ts'
import { overfittingToASchedule } from './07-overfitting-to-a-schedule.ts'
import { fsyncWindow } from './08-fsync-window.ts'
import { oneSlowAnswerInAHundred } from './09-one-slow-answer-in-a-hundred.ts'
import { wallClockForIntervals } from './10-wall-clock-for-intervals.ts'
import type { Lesson } from './lesson.ts'

/** In the order of their numbers. */
export const lessons: readonly Lesson[] = [
  requestedAtOnArrival,
  retryOnTimeout,
  floatMoney,
  unboundedDedup,
  queueWithoutBackPressure,
  healthEndpointThatWaits,
  overfittingToASchedule,
  fsyncWindow,
  oneSlowAnswerInAHundred,
  wallClockForIntervals,
]
