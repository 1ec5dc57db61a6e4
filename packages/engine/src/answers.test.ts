import { expect, test } from 'vitest'
import { absent, recorded, TestEngine, wrongWay } from './testing.ts'

test('a wrong way shuts its lane and is shown with its status; its payments go elsewhere after a look-up', () => {
  const tested = new TestEngine({ workerCount: 3 }).accept(1, 2, 3)
  const report = () => tested.engine.queueStatus(tested.nowMs).processors[0]
  // What is refused before the third answer is sent there once more.
  for (let attempt = 0; attempt < 5; attempt += 1) tested.endAttempt(wrongWay)
  expect(report()).toMatchObject({ circuit: 'open', wayStatus: 404 })
  expect(tested.engine.queueStatus(tested.nowMs).rejectedCount).toBe(0)
  tested.accept(4)
  expect(tested.lookUps.map(({ processor }) => processor)).toEqual([0, 0, 0])
  for (let lookUp = 0; lookUp < 3; lookUp += 1) tested.endLookUp(absent)
  tested.pass(20)
  expect(tested.sends.map(({ processor }) => processor)).toEqual([1, 1, 1])
  for (let attempt = 0; attempt < 4; attempt += 1) tested.endAttempt(recorded)
  tested.pass(50).accept(5)
  expect(tested.sends.map(({ processor }) => processor)).toContain(0)
  tested.endAttempt(recorded, 1, 0)
  expect(report()).toMatchObject({ circuit: 'closed', wayStatus: null })
})
