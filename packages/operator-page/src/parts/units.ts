/** Numbers as people read them, each with its unit. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const two = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const count = (value: number) => whole.format(value)

/** An amount in the currency; the system names none. */
export const money = (cents: number) => two.format(cents / 100)

export const perSecond = (value: number) => `${value < 10 ? one.format(value) : whole.format(value)}/s`

export const percent = (part: number) => `${one.format(part * 100)} %`

export const plural = (value: number, noun: string) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`

/** A duration from milliseconds to hours, in the largest unit that reads well. */
export function lasting(ms: number): string {
  if (ms < 10) return `${one.format(ms)} ms`
  if (ms < 1000) return `${whole.format(ms)} ms`
  if (ms < 100_000) return `${one.format(ms / 1000)} s`
  if (ms < 6_000_000) return `${one.format(ms / 60_000)} min`
  return `${one.format(ms / 3_600_000)} h`
}

export const clock = (atMs: number) => new Date(atMs).toTimeString().slice(0, 8)
