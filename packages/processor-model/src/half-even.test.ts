import fc from 'fast-check'
import { expect, test } from 'vitest'
import { centsHalfEven } from './half-even.ts'

test.each([
  [19.9, 1990],
  [20.05, 2005],
  [0.07, 7],
  [1e-2, 1],
  [1.005, 100],
  [1.015, 102],
  [1.0051, 101],
  [0.125, 12],
  [0.135, 14],
  [2.675, 268],
  [-0.125, -12],
  [-0.135, -14],
  [0.005, 0],
  [-0.005, 0],
  [5e-324, 0],
  [1e20, 1e22],
  [1e28, 1e30],
])('%d is %d cents', (amount, cents) => {
  expect(centsHalfEven(amount)).toBe(cents)
})

test('any decimal of up to 15 digits is rounded as its digits say, half to even', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
      fc.integer({ min: 0, max: 6 }),
      (units, decimals) => {
        const cents = centsHalfEven(units / 10 ** decimals)
        // |exact - cents| ≤ 1/2 cent, and a half went to the even neighbour; in integers of 10^-6.
        const exact = BigInt(units) * 10n ** BigInt(6 - decimals)
        const rest = exact - BigInt(cents) * 10_000n
        expect(rest <= 5000n && rest >= -5000n).toBe(true)
        if (rest === 5000n || rest === -5000n) expect(Math.abs(cents % 2)).toBe(0)
      },
    ),
  )
})
