import { STATUS_CODES } from 'node:http'
import {
  type Instead,
  type LookUpLie,
  lookUpLies,
  noFaults,
  type ProcessorFaults,
} from '@rinha/processor-model'
import type { Answer } from './answer.ts'
import { boolean, int32, type Reader, readFields } from './wire-json.ts'

/**
 * Faults over HTTP: `PUT /admin/configurations/fault`, which the original does not have. Its body has the fields of
 * `ProcessorFaults`, and what it does not name is off: `{}` ends every fault.
 */
const within =
  (min: number, max: number): Reader<number> =>
  value => {
    const number = int32(value)
    return number !== undefined && number >= min && number <= max ? number : undefined
  }
const status: Reader<number> = value => (value === 0 ? 0 : within(200, 999)(value))
const lie: Reader<LookUpLie> = value => lookUpLies.find(each => each === value)

const readers: { readonly [Name in keyof ProcessorFaults]: Reader<ProcessorFaults[Name]> } = {
  paymentStatus: status,
  paymentPercent: within(0, 100),
  insertAfterMs: within(-1, 3_600_000),
  retryAfterS: within(0, 3600),
  continueFirst: boolean,
  lookUpStaleMs: within(0, 3_600_000),
  lookUpStatus: status,
  lookUpLie: lie,
  healthFailing: boolean,
}

const names = Object.keys(readers) as (keyof ProcessorFaults)[]
const inLowerCase = <Value>(values: Readonly<Record<keyof ProcessorFaults, Value>>): Record<string, Value> =>
  Object.fromEntries(names.map(name => [name.toLowerCase(), values[name]]))

/** The faults that a body names, or undefined where it is none of such. */
export function readFaults(body: Uint8Array): ProcessorFaults | undefined {
  const read = readFields<Record<string, unknown>>(
    body,
    inLowerCase<Reader<unknown>>(readers),
    inLowerCase<unknown>(noFaults),
  )
  return read && (Object.fromEntries(names.map(name => [name, read[name.toLowerCase()]])) as never)
}

/** The answer as a fault has it; `own` is what the processor would say. */
export function insteadOf({ status, body, retryAfterS, continueFirst }: Instead, own: Answer): Answer {
  const said: Answer =
    status === 0
      ? own
      : {
          status: `${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
          body,
          type: body === '' ? 'none' : 'text',
        }
  const late = retryAfterS > 0 ? { ...said, retryAfterS } : said
  // The server writes a status as it is given, so that there is room for another answer's head before it.
  return continueFirst ? { ...late, status: `100 Continue\r\n\r\nHTTP/1.1 ${said.status}` } : late
}
