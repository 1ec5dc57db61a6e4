/**
 * Instants as the processor keeps them: milliseconds since the epoch, UTC, with microseconds as their fraction, because
 * its database column has that precision; finer digits are cut off. Exact from 1831 to 2109 (2⁴² ms either way), within
 * 32 µs from year 1 to 9999.
 */
const usPerMs = 1000

// The profile of ISO 8601 that System.Text.Json reads: extended form, seconds and fraction and offset optional.
const bodyForm =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,16}))?)?(?:Z|([+-])(\d\d)(?::(\d\d))?)?)?$/
// Query strings are read more freely: basic form, lower case letters, a space for the T, a comma for the point.
const queryForm =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,16}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?$/

/** The `requestedAt` of a body, or `undefined` if it is no instant. Without an offset it is UTC. */
export function parseTimestampMs(text: string): number | undefined {
  return instantOf(bodyForm.exec(text))
}

/** `from` or `to` of a query, already unescaped. Without an offset it is UTC. */
export function parseBoundMs(text: string): number | undefined {
  return instantOf(queryForm.exec(text))
}

/** Year 1, which a missing `requestedAt` becomes. */
export const yearOneMs = -62_135_596_800_000

function instantOf(parts: RegExpExecArray | null): number | undefined {
  if (parts === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = parts
  const [sign, offsetHour = '0', offsetMinute = '0'] = parts.slice(8)
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!real || Number(year) < 1) return undefined
  const offsetMinutes = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1)
  const seconds = (Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second)
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'))
  return date.getTime() + seconds * 1000 + micros / usPerMs
}

/** As the processor prints it: no zone, no trailing zeros of the fraction. `2025-08-09T21:19:56.123`. */
export function printTimestamp(instantMs: number): string {
  const seconds = Math.floor(instantMs / 1000)
  const micros = Math.round((instantMs - seconds * 1000) * usPerMs)
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`
  return new Date(seconds * 1000).toISOString().slice(0, 19) + fraction
}
