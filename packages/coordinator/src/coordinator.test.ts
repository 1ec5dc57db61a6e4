import { expect, test } from 'vitest'
import { intentMsMax } from './not-begun.ts'
import type { PurgeRecord } from './purge.ts'
import { startsPerTurn } from './start-queue.ts'
import { answerOf, HandLog, idOf, TestCoordinator } from './testing.ts'

const recorded = { kind: 'recorded' } as const
const lost = { kind: 'unknown', reason: 'timeout' } as const
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('payments are sent to a processor under the time of the wall clock, and its answers go to the engine', () => {
  const tested = new TestCoordinator().pass(10).accept(1, 2)
  tested.time.settle()
  const requestedAtMs = tested.time.time.wallMs
  expect(tested.cheapest.attempts.map(({ asked }) => asked)).toMatchObject([
    { correlationId: idOf(1), amountCents: 1990, requestedAtMs },
    { correlationId: idOf(2), amountCents: 1990, requestedAtMs },
  ])
  tested.cheapest.answer(recorded, 2)
  expect(tested.coordinator.status()).toMatchObject({ settledCount: 2, queuedCount: 0, inFlightCount: 0 })
})

test('a payment whose answer was lost is looked up, and settles under the record that the processor has', () => {
  const tested = new TestCoordinator().pass(10).accept(1).pass(0)
  tested.cheapest.answer(lost)
  tested.pass(2000)
  const [lookUp] = tested.cheapest.lookUps.splice(0)
  expect(lookUp?.asked).toEqual(idOf(1))
  lookUp?.done({ kind: 'found', amountCents: 1990, requestedAtMs: tested.time.time.wallMs - 2000 })
  expect(tested.coordinator.status().settledCount).toBe(1)
})

test('health is polled when it is due, and once more after its answer', () => {
  const tested = new TestCoordinator().pass(5200)
  expect(tested.cheapest.polls).toHaveLength(1)
  tested.pass(20_000)
  expect(tested.cheapest.polls).toHaveLength(1)
  tested.cheapest.polls.splice(0)[0]?.done({ kind: 'answered', failing: false, minResponseTimeMs: 0 })
  tested.pass(5200)
  expect(tested.cheapest.polls).toHaveLength(1)
})

test('C1: the facts of a step are in the log before it waits for its sync', () => {
  const log = new HandLog()
  const known: number[] = []
  log.whenSynced = () => known.push(log.facts.length)
  new TestCoordinator({ log }).accept(1, 2)
  expect(log.facts).toEqual(['accepted', 'sent', 'sent'])
  expect(known).toEqual([3])
})

test('C1: that health may be asked is in the log before it is asked', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).pass(5200)
  expect(log.facts).toEqual(['polled'])
  expect(tested.cheapest.polls).toHaveLength(0)
  log.sync()
  tested.pass(0)
  expect(tested.cheapest.polls).toHaveLength(1)
})

test('C2: a call begins only when the log is synced', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).accept(1).pass(intentMsMax - 1)
  expect(tested.cheapest.attempts).toHaveLength(0)
  log.sync()
  tested.pass(0)
  expect(tested.cheapest.attempts).toHaveLength(1)
})

test('C2: a send that waited too long is refused unsent, and dispatched anew under a new requestedAt', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).accept(1).pass(intentMsMax + 1)
  log.sync()
  tested.pass(0)
  expect(tested.cheapest.attempts).toHaveLength(0)
  log.quick = true
  log.sync()
  tested.pass(1000)
  const [attempt] = tested.cheapest.attempts
  expect(attempt?.asked.requestedAtMs).toBeGreaterThan(tested.time.wallOffsetMs + intentMsMax)
  expect(log.facts).toEqual(['accepted', 'sent', 'requeued', 'sent'])
})

test('C2: without a log, too, a send that the event loop delayed for too long is refused unsent, and dispatched anew', () => {
  const tested = new TestCoordinator().accept(1)
  // The event loop stands still for this time.
  tested.time.nowMs += intentMsMax + 1
  tested.time.turn()
  expect(tested.cheapest.attempts).toHaveLength(0)
  tested.pass(100)
  const [attempt] = tested.cheapest.attempts
  expect(attempt?.asked.requestedAtMs).toBeGreaterThan(tested.time.wallOffsetMs + intentMsMax)
})

test('C2: the wait of a send is measured by the monotonic clock, so setting the wall clock does not matter', () => {
  for (const [waitedMs, setMs, count] of [
    [intentMsMax - 1, 3_600_000, 1],
    [intentMsMax + 1, -3_600_000, 0],
  ] as const) {
    const log = new HandLog()
    const tested = new TestCoordinator({ log }).accept(1)
    tested.time.wallOffsetMs += setMs
    tested.pass(waitedMs)
    log.sync()
    tested.pass(0)
    expect(tested.cheapest.attempts).toHaveLength(count)
  }
})

test('polls keep their pause when the wall clock is set', () => {
  const tested = new TestCoordinator().pass(1000)
  tested.time.wallOffsetMs += 3_600_000
  tested.pass(3900)
  expect(tested.cheapest.polls).toHaveLength(0)
  tested.time.wallOffsetMs -= 7_200_000
  tested.pass(300)
  expect(tested.cheapest.polls).toHaveLength(1)
})

test('C3: without a log no call begins in the turn in which a payment comes, and a few begin in each later turn', () => {
  const tested = new TestCoordinator().accept(...numbers(10))
  const counts = [0, 1, 2, 3].map(() => {
    const { length } = tested.cheapest.attempts
    tested.time.turn()
    return length
  })
  expect(counts).toEqual([0, startsPerTurn, 2 * startsPerTurn, 10])
})

test('C3: with a log, the acknowledgement that a sync allows is sent before the calls begin', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log })
  const order: string[] = []
  tested.cheapest.onCall = () => order.push('call')
  tested.accept(1)
  // The channel does the same: it asks after it has handed the payments over, and tells the node in the turn after the sync.
  tested.coordinator.whenJournaled?.(() => tested.time.soon(() => order.push('acknowledgement')))
  log.sync()
  tested.time.settle()
  expect(order).toEqual(['acknowledgement', 'call'])
})

test('C4: every effect is answered by one event, whether its call was made or refused unsent, and by none after the end', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log })
  const asked: unknown[] = []
  const answered: unknown[] = []
  const step = tested.engine.step.bind(tested.engine)
  tested.engine.step = (event, time) => {
    if (event.kind === 'healthPolled') answered.push(event.processor)
    else if ('token' in event) answered.push(event.token)
    const decided = step(event, time)
    for (const effect of decided.effects) asked.push('token' in effect ? effect.token : effect.processor)
    return decided
  }
  // Two payments wait too long for the disk, and then calls of every kind are made.
  tested.accept(1, 2).pass(intentMsMax + 1)
  log.sync()
  log.quick = true
  log.sync()
  tested.pass(6000)
  tested.cheapest.answer(recorded)
  tested.cheapest.answer(lost)
  tested.pass(2000)
  for (const { done } of tested.cheapest.lookUps.splice(0)) done({ kind: 'absent' })
  tested.pass(100)
  tested.cheapest.answer(recorded)
  for (const { polls } of tested.processors)
    for (const { done } of polls.splice(0)) done({ kind: 'unknown', reason: 'timeout' })
  expect(asked).toHaveLength(8)
  expect(new Set(answered)).toEqual(new Set(asked))
  expect(answered).toHaveLength(asked.length)
  tested.accept(3).pass(0)
  tested.coordinator.stop(0, () => {})
  tested.cheapest.answer(recorded)
  expect(answered).toHaveLength(8)
})

test('C5: while the log fails there is no room, and nodes are told when there is room again', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log })
  expect(tested.coordinator.roomCount()).toBe(1000)
  log.failure = { code: 'ENOSPC', words: 'the disk is full' }
  expect(tested.coordinator.roomCount()).toBe(0)
  log.failure = undefined
  const before = tested.refreshCount
  tested.pass(1000)
  expect(tested.coordinator.roomCount()).toBe(1000)
  expect(tested.refreshCount).toBeGreaterThan(before)
})

test('a snapshot is made when one is due', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).pass(2000)
  expect(log.snapshotCount).toBe(0)
  log.snapshotDue = true
  tested.pass(2000)
  expect(log.snapshotCount).toBe(1)
})

test('without a log the channel is offered no journal to wait for', () => {
  expect(new TestCoordinator().coordinator.whenJournaled).toBeUndefined()
})

test('API nodes get summaries and states with processors by their names', () => {
  const tested = new TestCoordinator().accept(1, 2).pass(0)
  tested.cheapest.answer(recorded)
  const { coordinator } = tested
  expect(answerOf(coordinator, 'summary', { fromMs: null, toMs: null })).toEqual({
    ok: true,
    value: {
      totals: [
        { processor: 'default', count: 1, amountCents: 1990 },
        { processor: 'fallback', count: 0, amountCents: 0 },
      ],
      // The second payment is in flight.
      completeUpToMs: tested.time.wallOffsetMs - 1,
    },
  })
  const state = (number: number) => answerOf(coordinator, 'status', { correlationId: idOf(number) })
  const requestedAtMs = tested.time.wallOffsetMs
  expect(state(1)).toEqual({
    ok: true,
    value: { state: 'settled', amountCents: 1990, processor: 'default', requestedAtMs },
  })
  expect(state(2)).toMatchObject({ value: { state: 'inFlight', processor: 'default' } })
  expect(state(3)).toEqual({ ok: true, value: { state: 'absent' } })
})

test('a purge forgets every payment, tells the nodes of the room, and hears late answers without effect', () => {
  const tested = new TestCoordinator().accept(1).pass(0)
  const before = tested.refreshCount
  expect(answerOf(tested.coordinator, 'purge', {})).toEqual({ ok: true, value: { purged: true } })
  expect(tested.refreshCount).toBe(before + 1)
  tested.cheapest.answer(recorded)
  expect(tested.coordinator.status()).toMatchObject({ acceptedCount: 0, settledCount: 0 })
})

test('a purge is made once the audit log has who asked and what is forgotten, and is not made if that fails', () => {
  const tested = new TestCoordinator().accept(1, 2, 3).pass(0)
  tested.cheapest.answer(recorded)
  const asked: PurgeRecord[] = []
  let recordedWith: (problem?: string) => void = () => {}
  tested.recordPurge = (purge, done) => {
    asked.push(purge)
    recordedWith = done
  }
  const answers: unknown[] = []
  const ask = () => tested.coordinator.onRequest('purge', {}, 'api2', answer => answers.push(answer))
  ask()
  const before = { acceptedCount: 3, queuedCount: 0, inFlightCount: 2, settledCount: 1, rejectedCount: 0 }
  const settled = [
    { processor: 'default', count: 1, amountCents: 1990 },
    { processor: 'fallback', count: 0, amountCents: 0 },
  ]
  expect(asked).toEqual([{ who: 'api2', via: 'channel', before: { ...before, settled } }])
  expect(tested.coordinator.status()).toMatchObject(before)
  recordedWith('the disk is full')
  expect([tested.coordinator.status().acceptedCount, answers]).toEqual([3, []])
  ask()
  recordedWith()
  expect(tested.coordinator.status().acceptedCount).toBe(0)
  expect(answers).toEqual([{ ok: true, value: { purged: true } }])
})

test('while the log fails a person’s purge is refused, and is not recorded', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).accept(1)
  tested.recordPurge = () => expect.fail('it is recorded')
  log.failure = { code: 'full', words: 'no space left' }
  tested.coordinator.purge('olga', answer =>
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unavailable' } }),
  )
  expect(tested.coordinator.status().acceptedCount).toBe(1)
})

test('a purge that is not allowed is refused with the name of the setting, and no payment is forgotten', () => {
  const tested = new TestCoordinator({ purgeAllowed: false }).accept(1)
  const refused = answerOf(tested.coordinator, 'purge', {})
  expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('PURGE_ALLOWED=true') })
  expect(tested.coordinator.status().acceptedCount).toBe(1)
})

test('C7: no call that was asked for before a purge begins after it, and its permit comes back', () => {
  const tested = new TestCoordinator().accept(...numbers(30))
  tested.time.turn()
  expect(tested.cheapest.attempts).toHaveLength(startsPerTurn)
  tested.coordinator.purge('a person', () => {})
  tested.pass(1000)
  expect(tested.cheapest.attempts).toHaveLength(startsPerTurn)
  expect(tested.coordinator.status().processors[0]?.inFlightCount).toBe(startsPerTurn)
  tested.cheapest.answer(recorded, startsPerTurn)
  tested.accept(31).pass(0)
  expect(tested.cheapest.attempts.map(({ asked }) => asked.correlationId)).toEqual([idOf(31)])
})

test('C7: with a log the same holds for calls that wait for the disk, and the answer waits until the log has the purge', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).accept(...numbers(30))
  let isDone = false
  tested.coordinator.purge('a person', () => {
    isDone = true
  })
  expect(isDone).toBe(false)
  log.sync()
  expect(isDone).toBe(true)
  tested.pass(1000)
  expect(tested.cheapest.attempts).toHaveLength(0)
  expect(tested.coordinator.status().processors[0]?.inFlightCount).toBe(0)
})

test('C7: look-ups that have not begun are withdrawn, polls of health are not', () => {
  const tested = new TestCoordinator().accept(1).pass(0)
  tested.cheapest.answer(lost)
  // The look-up and the first poll are due now: their steps are made, and their calls have not begun.
  tested.time.nowMs = 6000
  tested.accept(2)
  tested.coordinator.purge('a person', () => {})
  tested.pass(100)
  expect(tested.cheapest.lookUps).toHaveLength(0)
  expect(tested.cheapest.polls).toHaveLength(1)
})

test('C6: a stop waits for open payments, and after its end no answer is heard, no call begins and no timer is set', () => {
  const tested = new TestCoordinator().accept(1, 2).pass(0)
  let left: number | undefined
  tested.coordinator.stop(3000, ({ queuedCount, inFlightCount }) => {
    left = queuedCount + inFlightCount
  })
  tested.pass(1000)
  expect(left).toBeUndefined()
  tested.cheapest.answer(recorded, 2)
  tested.pass(20)
  expect(left).toBe(0)
  expect(tested.time.timerCount).toBe(0)
  tested.accept(3).pass(10_000)
  expect(tested.cheapest.attempts).toHaveLength(0)
  expect(tested.coordinator.status().acceptedCount).toBe(2)
})

test('C6: a stop that is hurried, before it begins or during it, ends at once and reports the open payments', () => {
  for (const hurriesFirst of [true, false]) {
    const { coordinator, time } = new TestCoordinator().accept(1).pass(0)
    let left: object | undefined
    if (hurriesFirst) coordinator.hurry()
    coordinator.stop(3000, status => {
      left = status
    })
    if (!hurriesFirst) coordinator.hurry()
    time.pass(20)
    expect(left).toMatchObject({ queuedCount: 0, inFlightCount: 1 })
  }
})

test('C6: a stop ends after its time, whatever the wall clock is set to, and reports the open payments', () => {
  const tested = new TestCoordinator().accept(1).pass(0)
  let left: object | undefined
  tested.coordinator.stop(3000, status => {
    left = status
  })
  tested.time.wallOffsetMs += 3_600_000
  tested.pass(2999)
  expect(left).toBeUndefined()
  tested.time.wallOffsetMs -= 7_200_000
  tested.pass(1)
  expect(left).toMatchObject({ queuedCount: 0, inFlightCount: 1 })
  tested.cheapest.answer(recorded)
  expect(tested.coordinator.status().settledCount).toBe(0)
})

test('a stop without open payments is over at once', () => {
  let isOver = false
  new TestCoordinator().coordinator.stop(3000, () => {
    isOver = true
  })
  expect(isOver).toBe(true)
})

test('a sync of the log after the end begins no call', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log }).accept(1)
  tested.coordinator.stop(0, () => {})
  log.sync()
  tested.pass(1000)
  expect(tested.cheapest.attempts).toHaveLength(0)
})

test('while the journal fails, that is the reason for which payments wait', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log })
  tested.accept(...numbers(120))
  expect(tested.coordinator.status().holding).toMatchObject({ reason: 'limiter' })
  log.failure = { code: 'ENOSPC', words: 'the disk is full' }
  expect(tested.coordinator.status().holding).toEqual({ reason: 'journalFails' })
})
