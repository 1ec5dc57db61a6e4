/** Decimals as the processor prints them, exact and in their shortest form, and fees in basis points. */

/** Decimals of a fee in basis points. */
const feeDecimals = 4
const centDecimals = 2

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

function printDecimal(units: bigint, decimals: number): string {
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -decimals)}${fraction === '' ? '' : `.${fraction}`}`
}
