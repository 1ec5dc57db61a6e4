import { count } from '@rinha/base'
import { drawPicture } from '../run-report/chart.ts'
import type { Lesson } from './lesson.ts'

/** The result of a lesson. */
export interface Held {
  readonly text: string
  readonly picture: string
  /** The failure showed, and the cure ended it. */
  readonly holds: boolean
}

/** Plays the failure and then the cure, and says what happened. */
export function holdLesson(lesson: Lesson): Held {
  const { title, unit, figureMax, chart, frame } = lesson
  const failure = lesson.play('out')
  const cure = lesson.play('in')
  const holds = failure.figure > figureMax && cure.figure <= figureMax
  const figure = (value: number) => `${count(value)} ${unit}`
  const text = [
    `${title}`,
    '',
    'Without the cure',
    ...failure.sentences.map(words => `  ${words}`),
    `  => ${figure(failure.figure)}`,
    '',
    'With the cure',
    ...cure.sentences.map(words => `  ${words}`),
    `  => ${figure(cure.figure)}`,
    ...(holds
      ? []
      : [
          '',
          `The lesson does not hold: ${figure(figureMax)} at the most are expected with the cure, and more without it.`,
        ]),
  ].join('\n')
  const series = [
    { label: 'without the cure', color: 'tail', values: failure.values, isArea: true },
    { label: 'with the cure', color: 'median', values: cure.values, isArea: true },
  ] as const
  return { text, picture: drawPicture({ ...chart, series }, { ...frame, bands: [] }), holds }
}
