import type { Chart, Frame } from '../run-report/chart.ts'

/** One run of a lesson's experiment, with its cure or with the cure taken out. */
interface Run {
  /** What the lesson counts: see {@link Lesson.unit}. */
  readonly figure: number
  /** What happened, with numbers. */
  readonly sentences: readonly string[]
  /** What is drawn: a value for each bucket of the lesson's frame. */
  readonly values: readonly number[]
}

/**
 * A failure that people have met, as an experiment on the parts that ship. It is played twice: once with the cure taken
 * out, which has to show the failure, and once with the cure.
 */
export interface Lesson {
  /** Of its page and picture in docs/learning. */
  readonly name: string
  readonly title: string
  /** What the figure counts. */
  readonly unit: string
  /** The figure of a sound run; the failure's is above it. */
  readonly figureMax: number
  readonly chart: Pick<Chart, 'title' | 'unit'>
  readonly frame: Omit<Frame, 'bands'>
  play(cure: 'in' | 'out'): Run
}
