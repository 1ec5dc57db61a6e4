import { assert } from '@rinha/base'

/**
 * Decimals as the processor keeps them: amounts rounded to cents, half to even ("banker's rounding": over many
 * payments, halves go up as often as down, so that rounding earns nobody anything), sums and fees exact.
 */

const centsPerUnit = 100
/** Decimals of a fee in basis points. */
const feeDecimals = 4
const centDecimals = 2

/**
 * The amount in cents, rounded half to even. `decimal` is a double that came from JSON text; the shortest text that
 * names it is what was written, up to 15 significant digits, and it is that text which is rounded: 1.005 is a half and
 * becomes 100, although its double is a little less. (The original's decimal type keeps 28 digits.)
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

/** Cents as a JSON number, without trailing zeros: 1990 is `19.9`, 2000 is `20`. */
export function printCentsJson(cents: number): string {
  return printDecimal(BigInt(cents), centDecimals)
}

/** The fee of a total, exact: cents times basis points is a whole number of millionths. */
export function printFeeJson(amountCents: number, feeBps: number): string {
  return printDecimal(BigInt(amountCents) * BigInt(feeBps), centDecimals + feeDecimals)
}

/** Basis points as a JSON number: 500 is `0.05`. */
export function printFeeRateJson(feeBps: number): string {
  return printDecimal(BigInt(feeBps), feeDecimals)
}

/** The basis points of a decimal between 0 and 1 with at most 4 decimals, by its digits: `0.05` is 500. */
export function parseFeeBps(text: string): number | undefined {
  const parts = /^([01])?(?:\.(\d{1,4}))?$/.exec(text)
  if (parts === null || text === '') return undefined
  const bps = Number(parts[1] ?? 0) * 10 ** feeDecimals + Number((parts[2] ?? '').padEnd(feeDecimals, '0'))
  return bps <= 10 ** feeDecimals ? bps : undefined
}

function printDecimal(units: bigint, decimals: number): string {
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -decimals)}${fraction === '' ? '' : `.${fraction}`}`
}
