import { assert } from '@rinha/base'

const centsPerUnit = 100
const centDecimals = 2

/**
 * The amount in cents, rounded half to even ("banker's rounding": over many payments, halves go up as often as down, so
 * that rounding earns nobody anything). `decimal` is a double that came from JSON text; the shortest text that names it
 * is what was written, up to 15 significant digits, and it is that text which is rounded: 1.005 is a half and becomes
 * 100, although its double is a little less. (The original's decimal type keeps 28 digits.)
 */
export function centsHalfEven(decimal: number): number {
  assert(Number.isFinite(decimal), 'an amount is finite')
  const cents = Math.round(decimal * centsPerUnit)
  // Two decimals or fewer: nothing to round. `+ 0` turns a negative zero into a zero.
  if (cents / centsPerUnit === decimal) return cents + 0
  const [mantissa = '', exponent = '0'] = String(Math.abs(decimal)).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = BigInt(whole + fraction)
  const decimals = fraction.length - Number(exponent)
  const rounded = Number(roundHalfEven(digits, decimals - centDecimals))
  return decimal < 0 ? -rounded + 0 : rounded
}

/** `digits` with `dropped` of its last decimal digits rounded away; a negative `dropped` appends zeros. */
function roundHalfEven(digits: bigint, dropped: number): bigint {
  if (dropped <= 0) return digits * 10n ** BigInt(-dropped)
  const divisor = 10n ** BigInt(dropped)
  const quotient = digits / divisor
  const twiceRest = (digits % divisor) * 2n
  const up = twiceRest > divisor || (twiceRest === divisor && quotient % 2n === 1n)
  return up ? quotient + 1n : quotient
}
