const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const amounts = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** `12,345`; with one decimal where it is a mean of two. */
export function count(value: number): string {
  return counts.format(value)
}

/** `-1,234.50` */
export function money(value: number): string {
  // -0 would show as one.
  return amounts.format(value === 0 ? 0 : value)
}

/** `2.55 ms` */
export function milliseconds(ms: number): string {
  return `${ms.toFixed(2)} ms`
}

/** `2.55 s` */
export function seconds(ms: number, decimals = 2): string {
  return `${(ms / 1000).toFixed(decimals)} s`
}

/** `2.55 %` */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}
