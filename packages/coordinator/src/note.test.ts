import { expect, test } from 'vitest'
import { HandLog, TestCoordinator } from './testing.ts'

test('what a person has set is answered when it is in the log, or cannot be', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log })
  const answers: boolean[] = []
  const note = () => tested.coordinator.note({ topic: 'fees', text: '[]' }, ({ ok }) => answers.push(ok))
  note()
  expect([log.facts, answers]).toEqual([['noted'], []])
  log.sync()
  log.failure = { code: 'ENOSPC', words: 'no room' }
  note()
  expect([log.facts, answers]).toEqual([['noted'], [true, false]])
})
