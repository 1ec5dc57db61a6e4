import { assert } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { paymentState } from '@rinha/payment'
import type { Journey } from './journey.ts'
import type { Newcomers } from './newcomers.ts'

/** Recounts everything and asserts E1, and how queue, journeys and ledger relate: O(n), for tests and simulation. */
export function checkInvariants(
  ledger: Ledger,
  journeys: Iterable<Journey>,
  queueCount: number,
  newcomers: Newcomers,
): void {
  ledger.checkInvariants()
  const { queued, inFlight, settled, rejected } = ledger.stateCounts()
  assert(queued + inFlight + settled + rejected === ledger.count, 'E1: accepted payments are conserved')
  let movingCount = 0
  let flyingCount = 0
  let firstCount = 0
  for (const { row, stage } of journeys) {
    const isMoving = stage.kind !== 'sending' && stage.question === 'move'
    const isFirst = stage.kind !== 'sending' && stage.question === 'first'
    if (isMoving) movingCount += 1
    else if (isFirst) firstCount += 1
    else flyingCount += 1
    const expected = isMoving ? paymentState.refused : isFirst ? paymentState.queued : paymentState.inFlight
    assert(ledger.state(row) === expected, 'a journey and its row agree')
  }
  assert(firstCount + newcomers.waitingCount === newcomers.count, 'newcomers are counted')
  assert(
    queueCount + movingCount + newcomers.count === queued,
    'what is queued is in the queue or being looked up',
  )
  assert(flyingCount === inFlight, 'what is in flight has a journey')
}
