import type { Chart, Frame } from '../run-report/chart.ts'

/** One run of a lesson's experiment, with its cure or without it. */
interface Run {
  /** What the lesson counts: see {@link Lesson.unit}. */
  readonly figure: number
  /** The events of the run, with numbers. */
  readonly sentences: readonly string[]
  /** What is drawn: a value for each bucket of the lesson's frame. */
  readonly values: readonly number[]
}

/**
 * A failure that people have met, as an experiment on the parts that ship. It is played twice: once with the cure taken
 * out, which has to show the failure, and once with the cure.
 */
export interface Lesson {
  /** The name of its page and picture in docs/learning. */
  readonly name: string
  readonly title: string
  /** The unit that the figure counts. */
  readonly unit: string
  /** The figure of a sound run; the failure's is above it. */
  readonly figureMax: number
  readonly chart: Pick<Chart, 'title' | 'unit'>
  readonly frame: Omit<Frame, 'bands'>
  play(cure: 'in' | 'out'): Run
}
