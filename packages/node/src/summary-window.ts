import { err, ok, type Result } from '@rinha/base'
import { parseInstantMs } from '@rinha/payment'
import type { Problem } from './problem.ts'

/** The window of a summary in whole milliseconds, both ends included; null is an open end. */
export interface SummaryWindow {
  readonly fromMs: number | null
  readonly toMs: number | null
}

const fields: readonly string[] = ['from', 'to']

/**
 * Reads `from` and `to` off a query string as it stands in the URL, or says what is wrong with it. Unknown parameters
 * are refused. If they were ignored, a misspelt `from` would silently mean an open window.
 */
export function readSummaryWindow(query: string): Result<SummaryWindow, Problem> {
  const parameters = new URLSearchParams(query)
  for (const field of parameters.keys()) {
    if (fields.includes(field)) continue
    return err({
      kind: 'bad-request',
      field,
      detail: `There is no such parameter. A summary takes from and to.`,
    })
  }
  const from = readBound(parameters, 'from')
  if (!from.ok) return from
  const to = readBound(parameters, 'to')
  if (!to.ok) return to
  // Order is judged with both ends rounded alike: rounded inwards, the ends of a valid window that is shorter than a
  // millisecond cross, and it is empty.
  if (from.value !== null && to.value !== null && from.value.downMs > to.value.downMs) {
    return err({ kind: 'bad-request', field: 'from', detail: 'from is later than to.' })
  }
  return ok({ fromMs: from.value?.upMs ?? null, toMs: to.value?.downMs ?? null })
}

interface Bound {
  readonly downMs: number
  readonly upMs: number
}

function readBound(parameters: URLSearchParams, field: 'from' | 'to'): Result<Bound | null, Problem> {
  const [text, ...others] = parameters.getAll(field)
  if (text === undefined) return ok(null)
  if (others.length > 0) return err({ kind: 'bad-request', field, detail: `${field} is given twice.` })
  const downMs = parseInstantMs(text, 'down')
  const upMs = parseInstantMs(text, 'up')
  if (downMs !== undefined && upMs !== undefined) return ok({ downMs, upMs })
  const detail = `${field} is not an instant in ISO 8601 of the years 0000 to 9999, such as 2025-08-09T21:19:56.123Z.`
  return err({ kind: 'bad-request', field, detail })
}
