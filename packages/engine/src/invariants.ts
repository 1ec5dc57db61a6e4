import { assert } from '@rinha/base'
import { type Ledger, paymentState } from '@rinha/ledger'
import type { Journey } from './journey.ts'

/** Recounts everything and asserts E1, and how queue, journeys and ledger relate: O(n), for tests and simulation. */
export function checkInvariants(
  ledger: Ledger,
  journeys: ReadonlyMap<number, Journey>,
  queueCount: number,
): void {
  ledger.checkInvariants()
  const { queued, inFlight, settled, rejected } = ledger.stateCounts()
  assert(queued + inFlight + settled + rejected === ledger.count, 'E1: accepted payments are conserved')
  let moving = 0
  let flying = 0
  for (const { row, phase, purpose, permit } of journeys.values()) {
    const isMoving = (phase === 'lookingUp' || phase === 'waiting') && purpose === 'move'
    if (isMoving) moving += 1
    else if (phase !== 'queued') flying += 1
    const expected = phase === 'queued' || isMoving ? 'queued' : 'inFlight'
    assert(ledger.state(row) === paymentState[expected], 'a journey and its row agree')
    assert((permit !== undefined) === (phase === 'sending'), 'a permit is held while sending and only then')
  }
  assert(queueCount + moving === queued, 'what is queued is in the queue or being looked up')
  assert(flying === inFlight, 'what is in flight has a journey')
}
