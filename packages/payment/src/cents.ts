import { assert } from '@rinha/base'

/**
 * Money is integer cents inside the system and a decimal only at the HTTP border. No float is ever added or rounded:
 * 19.90 is 1990 because its digits say so, not because `19.90 * 100` happens to round well.
 */

/**
 * The largest payment: 10,000,000.00. It fits 32 bits, and four million payments of it still add up to an exact
 * double (4·10⁶ × 10⁹ < 2⁵³), so that a sum of cents is always exact.
 */
export const amountCentsMax = 1_000_000_000

/** The problem with a number as an amount of money. */
export type AmountProblem = 'not-positive' | 'too-many-decimals' | 'too-large'

/** Where a JSON exponent stops being counted: far past any amount, far from overflowing. */
const exponentMax = 1_000_000

const zero = 0x30
const nine = 0x39
const minus = 0x2d
const point = 0x2e

/**
 * The exact cents of a JSON number, given as the bytes of its text from `start` to `end`, which the caller has found to
 * be a JSON number. What counts is the value, not the spelling: `19.9`, `19.900` and `199e-1` are all 1990 and `1e-2`
 * is 1, while `1.005` has too many decimals, as has any value that is not a whole number of cents.
 */
export function readAmountCents(text: Uint8Array, start: number, end: number): number | AmountProblem {
  if (text[start] === minus) return 'not-positive'
  let significand = 0
  let trailingZeros = 0
  let fractionDigits = 0
  let inFraction = false
  let at = start
  for (; at < end; at += 1) {
    const byte = text[at] ?? 0
    if (byte === point) inFraction = true
    else if (byte < zero || byte > nine) break
    else {
      if (inFraction) fractionDigits += 1
      if (byte === zero) {
        if (significand > 0) trailingZeros += 1
      } else {
        significand = significand * 10 ** (trailingZeros + 1) + (byte - zero)
        trailingZeros = 0
      }
    }
  }
  if (significand === 0) return 'not-positive'
  // value = significand · 10^scale, and the significand ends in no zero: cents are whole from a scale of -2 on.
  const scale = trailingZeros - fractionDigits + readExponent(text, at, end)
  if (scale < -2) return 'too-many-decimals'
  // Exact as far as 2⁵³. Past it both factors are rounded, or infinite, and all the same far above the limit.
  const cents = significand * 10 ** (scale + 2)
  return cents > amountCentsMax ? 'too-large' : cents
}

/** The exponent of a JSON number whose `e` stands at `at`, or 0 where the number ended before. */
function readExponent(text: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0
  const negative = text[at + 1] === minus
  let exponent = 0
  for (let digit = at + 1; digit < end; digit += 1) {
    const byte = text[digit] ?? 0
    if (byte >= zero && byte <= nine) exponent = Math.min(exponent * 10 + (byte - zero), exponentMax)
  }
  return negative ? -exponent : exponent
}

/** Cents as a JSON number with two decimals: 1990 is `19.90`. */
export function printCents(cents: number): string {
  assert(Number.isSafeInteger(cents) && cents >= 0, 'cents are a non-negative integer')
  const fraction = cents % 100
  return `${(cents - fraction) / 100}.${fraction < 10 ? '0' : ''}${fraction}`
}

/**
 * The cents of a decimal that another program sent as a JSON number and that `JSON.parse` made a double, or
 * `undefined` where it is no whole number of cents. Exact, although it handles a float: a correctly rounded division
 * gives the one double that the text `19.90` also names, so a decimal is a whole number of cents if and only if it is
 * the double of cents / 100.
 */
export function centsOfDecimal(decimal: number): number | undefined {
  const cents = Math.round(decimal * 100) + 0 // + 0: never a negative zero
  return Number.isSafeInteger(cents) && cents / 100 === decimal ? cents : undefined
}
