import type { Journal } from '@rinha/journal'
import type { AdminAnswer } from './admin.ts'

/**
 * What `GET /health` says: 503 while the journal fails, for nothing is acknowledged or sent then. To start the coordinator
 * anew would not help: it goes on by itself when the disk does. Docker marks a container that is unhealthy and leaves it running.
 */
export function healthAnswer(failure: Journal['failure'], nodes: readonly string[]): AdminAnswer {
  if (failure === undefined) return { status: 200, body: { status: 'ok', nodes } }
  return { status: 503, body: { status: 'the journal fails', journal: failure, nodes } }
}
