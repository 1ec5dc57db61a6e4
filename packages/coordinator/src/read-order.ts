import { err, ok, type Result } from '@rinha/base'
import type { Order } from '@rinha/engine'
import { parseCorrelationId, parseInstantMs } from '@rinha/payment'
import type { OrderRefusal } from './ports.ts'

/** The orders about one payment: the last word of the request's path. */
export const orderKinds = ['resolve', 'resubmit'] as const satisfies readonly Order['kind'][]

/**
 * An order as a person's program sends it, believed in nothing.
 *
 * ```
 * resolve   {"outcome": "recorded", "processor": "default", "requestedAt": "2026-11-29T12:00:00.000Z"}   the last two may be left out
 *           {"outcome": "notRecorded"}
 * resubmit  {}
 * ```
 */
export function readOrder(
  id: string,
  kind: (typeof orderKinds)[number],
  body: unknown,
): Result<Order, OrderRefusal> {
  const correlationId = parseCorrelationId(id)
  if (correlationId === undefined) return invalid('correlationId is not a UUID in the form 8-4-4-4-12.')
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return invalid('The body is not a JSON object.')
  const { outcome, processor, requestedAt, ...rest } = body as Record<string, unknown>
  const [unknown] = Object.keys(kind === 'resubmit' ? body : rest)
  if (unknown !== undefined)
    return invalid(`The body has a member that means nothing here: ${unknown.slice(0, 40)}.`)
  if (kind === 'resubmit') return ok({ kind, correlationId })
  if (outcome === 'notRecorded' && processor === undefined && requestedAt === undefined)
    return ok({ kind, correlationId, ending: outcome })
  if (outcome !== 'recorded') return invalid('outcome is recorded, or notRecorded and alone.')
  if (processor !== undefined && typeof processor !== 'string') return invalid('processor is a name.')
  if (requestedAt === undefined) return ok({ kind, correlationId, ending: outcome, processor })
  const requestedAtMs = typeof requestedAt === 'string' ? parseInstantMs(requestedAt, 'down') : undefined
  return requestedAtMs === undefined
    ? invalid('requestedAt is no instant such as 2026-11-29T12:00:00.000Z.')
    : ok({ kind, correlationId, ending: outcome, processor, requestedAtMs })
}

function invalid(detail: string): Result<never, OrderRefusal> {
  return err({ kind: 'invalid', detail })
}
