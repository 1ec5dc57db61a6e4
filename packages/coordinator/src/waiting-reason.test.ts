import { expect, test } from 'vitest'
import { type LaneWords, waitingReason } from './waiting-reason.ts'

function lane(name: string, changes: Partial<LaneWords> = {}): LaneWords {
  return { name, wayStatus: null, against: 'down', usable: false, lastFailure: 'answered 500', ...changes }
}

test.each([
  ['both are down', [lane('a'), lane('b', { lastFailure: 'b: no answer' })], 'a: answered 500; b: no answer'],
  ['one is', [lane('a'), lane('b', { usable: true, against: null })], 'a: answered 500'],
  ['the way is wrong', [lane('a', { wayStatus: 401 })], 'a: answers 401'],
  ['one is slow', [lane('a', { against: 'stalled' })], 'a: answers are overdue'],
  ['none is wrong', [lane('a', { usable: true })], 'every processor is usable, and none has room for more'],
])('why payments wait where %s', (_, processors, words) => {
  expect(waitingReason({ processors })).toBe(words)
})
