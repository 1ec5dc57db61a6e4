import type { healthOperations } from '@rinha/admin-api'
import type { Journal } from '@rinha/journal'
import type { Answer } from '@rinha/openapi'

type Health = typeof healthOperations

/**
 * `GET /health`: 503 while the journal fails, because nothing is acknowledged or sent then. A restart would not help:
 * the coordinator goes on by itself when the disk works. Docker marks the container as unhealthy and leaves it running.
 */
export function healthAnswer(
  failure: Journal['failure'],
  nodes: readonly string[],
): Answer<Health['getHealth']> {
  if (failure === undefined) return { status: 200, body: { status: 'ok', nodes } }
  const { code, words } = failure
  return { status: 503, body: { status: 'the journal fails', journal: { code, words }, nodes } }
}

/** Whether a payment that is posted now is taken: API nodes are connected, the disk works, and there is room. */
export function readyAnswer(
  failure: Journal['failure'],
  nodes: readonly string[],
  roomCount: number,
): Answer<Health['getReady']> {
  const away = (detail: string) => ({ problem: 'unavailable', detail }) as const
  if (failure !== undefined) return away(`The journal fails: ${failure.words}`)
  if (nodes.length === 0) return away('No API node is connected.')
  if (roomCount === 0) return away('There is no room for another payment (PAYMENT_COUNT_MAX).')
  return { status: 200, body: { status: 'ready', nodes } }
}
