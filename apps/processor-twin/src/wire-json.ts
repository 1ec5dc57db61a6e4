import { isUtf8 } from 'node:buffer'
import { err, ok, type Result } from '@rinha/base'
import { parseCorrelationId } from '@rinha/payment'
import { parseTimestampMs } from './timestamp.ts'

/**
 * JSON bodies as the original's web framework reads them (System.Text.Json with ASP.NET's web defaults). Only types are
 * checked: a missing field takes its default, an unknown one is ignored, names match in any case, of a repeated
 * name the last counts, numbers may come as strings, and `null` is no number, boolean or UUID.
 *
 * A reader answers `undefined` for a value of the wrong type. One thing is read more freely than there: `1e2` and
 * `100.0` are whole numbers here, because the parsed value no longer tells how it was spelled.
 */
export type Reader<T> = (value: unknown) => T | undefined

const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** The limit of the original's 96-bit decimals. */
const decimalMax = 2 ** 96
const int32Max = 2 ** 31 - 1

export type Readers<T> = { readonly [Name in keyof T]: Reader<T[Name]> }

/** The 16 bytes of a UUID. */
export const uuid: Reader<Uint8Array> = value =>
  typeof value === 'string' ? parseCorrelationId(value) : undefined

export const decimal: Reader<number> = value => {
  const number = numberOf(value)
  return number !== undefined && Math.abs(number) <= decimalMax ? number : undefined
}

export const int32: Reader<number> = value => {
  const number = numberOf(value)
  return number !== undefined && Number.isInteger(number) && number >= -int32Max - 1 && number <= int32Max
    ? number
    : undefined
}

export const boolean: Reader<boolean> = value => (typeof value === 'boolean' ? value : undefined)

/** A text; `null` is the empty one. */
export const text: Reader<string> = value =>
  value === null ? '' : typeof value === 'string' ? value : undefined

/** Milliseconds since the epoch. */
export const timestamp: Reader<number> = value =>
  typeof value === 'string' ? parseTimestampMs(value) : undefined

/**
 * The fields of a JSON object, with `defaults` for those that are missing, or `undefined` where the body is no such
 * object. `readers` are named in lower case.
 */
export function readFields<T extends Record<string, unknown>>(
  body: Uint8Array,
  readers: Readers<T>,
  defaults: T,
): T | undefined {
  const parsed = parseObject(body)
  if (parsed === undefined) return undefined
  const fields: Record<string, unknown> = { ...defaults }
  for (const name in parsed) {
    const known = name.toLowerCase()
    if (!Object.hasOwn(readers, known)) continue
    const value = readers[known]?.(parsed[name])
    if (value === undefined) return undefined
    fields[known] = value
  }
  return fields as T
}

/**
 * For what the original does not have: readers and defaults are named as the fields are, in any case. Unlike there, a name that
 * is none of them is refused as a wrong value is: a misspelt fault would be no fault, and nobody would know. The error says which.
 */
export function readNamed<T extends object>(
  body: Uint8Array,
  readers: Readers<T>,
  defaults: T,
): Result<T, string> {
  const parsed = parseObject(body)
  if (parsed === undefined) return err('The body is to be a JSON object.')
  const names = Object.keys(defaults) as (keyof T & string)[]
  const fields = { ...defaults }
  for (const given in parsed) {
    const name = names.find(known => known.toLowerCase() === given.toLowerCase())
    const quoted = JSON.stringify(given.slice(0, 100))
    if (name === undefined) return err(`There is no field ${quoted}: the fields are ${names.join(', ')}.`)
    const value = readers[name](parsed[given])
    if (value === undefined) return err(`The field ${quoted} cannot have this value.`)
    fields[name] = value
  }
  return ok(fields)
}

/** A number in [min, max]. */
export const within =
  (min: number, max: number, reader: Reader<number> = int32): Reader<number> =>
  value => {
    const number = reader(value)
    return number !== undefined && number >= min && number <= max ? number : undefined
  }

export const oneOf =
  <Word extends string>(words: readonly Word[]): Reader<Word> =>
  value =>
    words.find(word => word === value)

function parseObject(body: Uint8Array): Record<string, unknown> | undefined {
  if (!isUtf8(body)) return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && numberForm.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** Whether a content type says JSON: `application/json`, or any with a `+json` suffix, whatever its parameters. */
export function isJsonContentType(contentType: string): boolean {
  return /^\s*(?:application\/json|[\w!#$&^.+-]+\/[\w!#$&^.+-]+\+json)\s*(?:;|$)/i.test(contentType)
}
