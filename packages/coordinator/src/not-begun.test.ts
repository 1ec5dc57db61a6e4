import { expect, test } from 'vitest'
import { pollIntentMsMax } from './not-begun.ts'
import { HandLog, TestCoordinator } from './testing.ts'

test('C2: a poll that waited too long is left out, and the next one comes a pause later', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).pass(5200).pass(pollIntentMsMax)
  log.quick = true
  log.sync()
  tested.pass(4900)
  expect(tested.cheapest.polls).toHaveLength(0)
  tested.pass(300)
  expect(tested.cheapest.polls).toHaveLength(1)
})
