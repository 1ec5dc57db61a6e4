import { expect, test } from 'vitest'
import { type Choice, policies } from './policy.ts'

const up = { working: true, fast: true }
const slow = { working: true, fast: false }
const down = { working: false, fast: true }

const cases: readonly [string, readonly { working: boolean; fast: boolean }[], number, Choice][] = [
  ['both fine: the cheapest', [up, up], 0, 0],
  ['the cheapest is down: the next', [down, up], 0, 1],
  ['the cheapest is slow: the next, which is fast', [slow, up], 0, 1],
  ['the cheapest is slow and the next is down: the cheapest, slow as it is', [slow, down], 0, 0],
  ['both slow: the cheapest', [slow, slow], 0, 0],
  ['the cheapest is down and the next slow: hold', [down, slow], 999, 'hold'],
  ['… and after a second the next all the same', [down, slow], 1000, 1],
  ['both down: hold, however long', [down, down], 60_000, 'hold'],
  ['one processor alone, up', [up], 0, 0],
  ['one processor alone, down', [down], 5000, 'hold'],
  ['of three, the cheapest that is fast', [down, slow, up], 0, 2],
]

test.each(cases)('default-first: %s', (_, lanes, oldestAgeMs, choice) => {
  expect(policies['default-first'](lanes, oldestAgeMs)).toBe(choice)
})
