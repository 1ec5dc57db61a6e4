import { assert } from '@rinha/base'
import final from '../../schedules/final.json' with { type: 'json' }
import preview from '../../schedules/preview.json' with { type: 'json' }
import { readSchedule, type Schedule } from './schedule.ts'

/** The two schedules of the challenge, by the name `--schedule` takes. They travel inside the bundle. */
export const officialSchedules: Readonly<Record<'preview' | 'final', Schedule>> = {
  preview: official('preview', preview),
  final: official('final', final),
}

function official(name: string, json: unknown): Schedule {
  const schedule = readSchedule(`schedules/${name}.json`, json)
  assert(schedule.ok, schedule.ok ? '' : schedule.error.join('\n'))
  return schedule.value
}
