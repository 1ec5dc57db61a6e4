import { STATUS_CODES } from 'node:http'
import type { Result } from '@rinha/base'
import { type Instead, lookUpLies, noFaults, type ProcessorFaults } from '@rinha/processor-model'
import type { Answer } from './answer.ts'
import { boolean, oneOf, type Reader, readNamed, within } from './wire-json.ts'

/**
 * Faults over HTTP: `PUT /admin/configurations/fault`, which the original does not have. Its body has the fields of
 * `ProcessorFaults`, and what it does not name is off: `{}` ends every fault.
 */
const status: Reader<number> = value => (value === 0 ? 0 : within(200, 999)(value))

const readers: { readonly [Name in keyof ProcessorFaults]: Reader<ProcessorFaults[Name]> } = {
  paymentStatus: status,
  paymentPercent: within(0, 100),
  insertAfterMs: within(-1, 3_600_000),
  retryAfterS: within(0, 3600),
  continueFirst: boolean,
  lookUpStaleMs: within(0, 3_600_000),
  lookUpStatus: status,
  lookUpLie: oneOf(lookUpLies),
  healthFailing: boolean,
}

/** The faults that a body names, or the problem with the body. */
export const readFaults = (body: Uint8Array): Result<ProcessorFaults, string> =>
  readNamed(body, readers, noFaults)

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
