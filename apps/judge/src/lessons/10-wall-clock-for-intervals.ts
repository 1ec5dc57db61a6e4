import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 40
const setBackMs = 3_600_000

/** The cheaper processor fails from 5 to 12 s. At 10 s somebody sets the machine's clock back by an hour. */
export const wallClockForIntervals: Lesson = {
  name: '10-wall-clock-for-intervals',
  title: 'Intervals are measured by a clock that nobody sets',
  unit: 'payments wait at the end',
  figureMax: 0,
  chart: { title: 'Payments that wait', unit: 'looked at once a second' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const clock = { errorMs: 0 }
    const bench = new Bench({
      policy: 'always-cheapest',
      time: ({ time: { nowMs, wallMs } }) => {
        const wrongMs = wallMs + clock.errorMs
        // The mistake: one clock for everything.
        return { nowMs: cure === 'in' ? nowMs : nowMs + clock.errorMs, wallMs: wrongMs }
      },
    })
    bench.stage(5, 0, 0, true)
    bench.stage(12, 0, 0)
    bench.world.after(10_000, () => {
      clock.errorMs = -setBackMs
    })
    bench.load(100, 30)
    const values = bench.pass(seconds, () => bench.coordinator.status().queuedCount)
    return {
      figure: values.at(-1) ?? 0,
      values,
      sentences: [
        `${bench.posted.length} payments were posted, and ${bench.agesMs.length} settled.`,
        cure === 'in'
          ? 'Timers and pauses go by the monotonic clock; requestedAt and windows go by the wall clock.'
          : 'The wall clock was set back by an hour, so the pause until the next try ends an hour late.',
      ],
    }
  },
}
