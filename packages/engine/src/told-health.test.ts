import { expect, test } from 'vitest'
import { TestEngine } from './testing.ts'

test('an engine that does not poll goes on with what it is told and with its own attempts', () => {
  const tested = new TestEngine({ pollsHealth: false }).tell({ kind: 'tick' })
  for (let count = 0; count < 5; count += 1) tested.pass(10_000)
  expect([tested.polls, tested.facts]).toEqual([[], []])
  const failing = { failing: true, minResponseTimeMs: 0, ageMs: 100 }
  tested.tell({ kind: 'healthTold', reports: [failing, undefined] }).accept(1)
  expect(tested.sends).toMatchObject([{ processor: 1 }])
  tested
    .pass(5000)
    .tell({ kind: 'healthTold', reports: [{ ...failing, failing: false, ageMs: 0 }, undefined] })
  tested.accept(2)
  expect(tested.sends.map(({ processor }) => processor)).toContain(0)
})
