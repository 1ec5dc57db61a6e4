import { expect, test } from 'vitest'
import { leftWords } from './left-words.ts'

const sample = {
  ...{ atMs: 0, queuedCount: 1300, oldestQueuedAgeMs: 12_340, inFlightCount: 24, rejectedCount: 0 },
  ...{ settledCounts: [0, 0], reason: 'default: the processor answered 500' },
}

test.each([
  [0, sample, '0 lag: every accepted payment was counted.'],
  [
    1324,
    sample,
    '1,324 lag: payments stopped while 1,300 waited in the queue, the oldest for 12.3 s (default: the processor answered 500), 24 were in flight.',
  ],
  [1330, sample, /24 were in flight\. 6 are in none of the coordinator's counts/],
  [5, undefined, '5 lag: accepted and not counted. The coordinator did not say where they were.'],
  [
    -3,
    sample,
    '3 more were settled than were posted here: by others meanwhile, or payments were charged twice.',
  ],
] as const)('a lag of %s in words', (lagCount, last, words) => {
  if (typeof words === 'string') expect(leftWords(lagCount, last)).toBe(words)
  else expect(leftWords(lagCount, last)).toMatch(words)
})
