import { expect, test } from 'vitest'
import { count, lasting, money, percent, perSecond, plural } from './units.ts'

test.each([
  [lasting(0.4), '0.4 ms'],
  [lasting(99.6), '100 ms'],
  [lasting(1530), '1.5 s'],
  [lasting(99_900), '99.9 s'],
  [lasting(600_000), '10 min'],
  [lasting(7_200_000), '2 h'],
  [count(5683), '5,683'],
  [money(123_456_789), '1,234,567.89'],
  [percent(0.0571), '5.7 %'],
  [perSecond(1.25), '1.3/s'],
  [perSecond(1234.5), '1,235/s'],
  [plural(1, 'payment'), '1 payment'],
  [plural(0, 'payment'), '0 payments'],
])('%s', (shown, expected) => expect(shown).toBe(expected))
