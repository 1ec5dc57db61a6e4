/**
 * Instants at the borders: ISO 8601 in UTC or with a numeric offset, years 0000 to 9999, 0 to 9 fraction digits;
 * milliseconds since the epoch inside, negative before 1970.
 *
 * A window's ends are inclusive, and what we compare with them are whole milliseconds. A bound with a finer fraction is
 * therefore rounded inwards: `from …56.1231Z` starts at .124, `to …56.1239Z` ends at .123, which is what comparing the
 * exact instants would say.
 */
export type Rounding = 'down' | 'up'

/** The instants a JavaScript date can hold, either side of the epoch. */
export const instantMsMax = 8_640_000_000_000_000

// Date, T or a space, time; minutes, seconds and fraction optional; Z, ±hh, ±hhmm, ±hh:mm or nothing, which means UTC.
// A `+` in a query string that was not escaped arrives as a space. Calendar dates only: ISO's week and ordinal dates
// are in no client's repertoire.
const extended =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:[Tt ]([01]\d|2[0-4])(?::([0-5]\d)(?::([0-5]\d|60)(?:[.,](\d{1,9}))?)?)?(?:[Zz]|([+\- ])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?$/
const basic =
  /^(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:[Tt ]([01]\d|2[0-4])(?:([0-5]\d)(?:([0-5]\d|60)(?:[.,](\d{1,9}))?)?)?(?:[Zz]|([+\- ])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?$/

/** Every valid instant matches this. A few dates that do not exist match, too. */
export const instantPattern = `${extended.source}|${basic.source}`

/** Milliseconds since the epoch, or `undefined` if the text is no instant (31 February, for example). */
export function parseInstantMs(text: string, rounding: Rounding): number | undefined {
  const parts = extended.exec(text) ?? basic.exec(text)
  if (parts === null) return undefined
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    sign,
    offsetHour,
    offsetMinute,
  ] = parts
  // 24:00 is the end of its day, and nothing comes after it.
  if (Number(hour) === 24 && Number(minute + second + fraction) > 0) return undefined
  // `Date.UTC` would take the years 0 to 99 for 1900 to 1999.
  const date = new Date(0)
  const dayMs = date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // A day that does not exist spills over into another month.
  if (date.getUTCMonth() !== Number(month) - 1) return undefined
  const timeMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
  const secondMs = dayMs + timeMs - offsetMsOf(sign, offsetHour, offsetMinute)
  if (second !== '60') return secondMs + fractionMs(fraction, rounding)
  // A leap second is at the end of a UTC day. This clock, like the system's, has none: the next day begins in its place.
  return secondMs % dayLengthMs === 0 ? secondMs : undefined
}

const dayLengthMs = 86_400_000

function offsetMsOf(sign: string | undefined, hour = '0', minute = '0'): number {
  const offsetMs = (Number(hour) * 60 + Number(minute)) * 60_000
  return sign === '-' ? -offsetMs : offsetMs
}

/** Milliseconds of a fraction's digits: `1231` is 123 down and 124 up. */
function fractionMs(digits: string, rounding: Rounding): number {
  const nanoseconds = Number(digits.padEnd(9, '0'))
  return rounding === 'up' ? Math.ceil(nanoseconds / 1e6) : Math.floor(nanoseconds / 1e6)
}

/** The form in which instants leave: `2025-08-09T21:19:56.123Z`. */
export function printInstant(instantMs: number): string {
  return new Date(instantMs).toISOString()
}
