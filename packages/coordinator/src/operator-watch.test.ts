import type { Term } from '@rinha/channel'
import { expect, test } from 'vitest'
import { operatorLine } from './operator-event.ts'
import { attentionLookMs, backlogAgeMsMin, backlogCountMin, unknownAgeMsMax } from './operator-watch.ts'
import { HandLog, idOf, records, TestCoordinator, textOf } from './testing.ts'

const refused = { kind: 'refused', sent: false, pushedBack: false, reason: 'connection refused' } as const
const lost = { kind: 'unknown', reason: 'no answer within 500 ms' } as const
const rejected = (status: number) =>
  ({ kind: 'rejected', reason: `the processor answered ${status}` }) as const
const lookMs = 500

/** For a while, every attempt at either processor ends with this outcome. */
function answerAll(
  tested: TestCoordinator,
  outcome: Parameters<typeof tested.cheapest.answer>[0],
  ms: number,
) {
  const stepMs = Math.max(10, Math.ceil(ms / 100))
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    for (const processor of tested.processors) processor.answer(outcome, processor.attempts.length)
    tested.pass(stepMs)
  }
}

const kinds = (tested: TestCoordinator) =>
  tested.told.map(([event]) => ('state' in event ? `${event.kind} ${event.state}` : event.kind))

test('while payments go well, no event is told', () => {
  const tested = new TestCoordinator().accept(1, 2, 3)
  answerAll(tested, { kind: 'recorded' }, 5000)
  expect(tested.told).toEqual([])
})

test('both processors go down and come back: each circuit that opens, with the reason, the one that closes, and the backlog', () => {
  const tested = new TestCoordinator().accept(1, 2, 3, 4, 5)
  answerAll(tested, refused, backlogAgeMsMin + 2 * lookMs)
  answerAll(tested, { kind: 'recorded' }, 3000)
  expect(kinds(tested).toSorted()).toEqual(
    ['backlog above', 'backlog gone', 'circuit closed', 'circuit open', 'circuit open'].toSorted(),
  )
  expect(tested.told.slice(0, 2).map(([event]) => event)).toEqual(
    ['default', 'fallback'].map(processor => ({
      kind: 'circuit',
      state: 'open',
      processor,
      reason: 'connection refused',
    })),
  )
})

test('a backlog is told with the reason of each processor, and when it is gone how long it lasted', () => {
  const tested = new TestCoordinator().accept(1, 2, 3, 4, 5)
  answerAll(tested, refused, backlogAgeMsMin + 2 * lookMs)
  answerAll(tested, { kind: 'recorded' }, 3000)
  const [above, gone] = tested.told.flatMap(([event]) => (event.kind === 'backlog' ? [event] : []))
  expect(above).toMatchObject({
    queuedCount: 5,
    reason: 'default: connection refused; fallback: connection refused',
  })
  expect(gone?.lastedMs).toBeGreaterThanOrEqual(lookMs)
})

test('a circuit that opens and closes between two checks is told with both events', () => {
  const tested = new TestCoordinator().accept(1, 2, 3)
  answerAll(tested, refused, 20)
  tested.pass(100).accept(4).pass(0)
  answerAll(tested, { kind: 'recorded' }, lookMs)
  expect(kinds(tested)).toEqual(['circuit open', 'circuit closed'])
})

test('the event of a circuit that a health poll closes has the status that payments are still answered with', () => {
  const tested = new TestCoordinator().accept(1, 2, 3)
  const notFound = { kind: 'refused', sent: true, pushedBack: false, wayStatus: 404, reason: 'answered 404' }
  answerAll(tested, notFound as Parameters<typeof answerAll>[1], 20)
  tested.pass(5200)
  for (const { done } of tested.cheapest.polls.splice(0))
    done({ kind: 'answered', failing: false, minResponseTimeMs: 0 })
  tested.pass(lookMs)
  const closed = tested.told
    .map(([event]) => event)
    .find(event => 'state' in event && event.state === 'closed')
  expect(closed).toMatchObject({ kind: 'circuit', processor: 'default', wayStatus: 404 })
  expect(closed && operatorLine(closed).message).toMatch('the last one was answered 404')
})

test('the event of a circuit that a health poll opens says so', () => {
  const tested = new TestCoordinator().pass(5200)
  for (const { done } of tested.cheapest.polls.splice(0))
    done({ kind: 'answered', failing: true, minResponseTimeMs: 0 })
  tested.pass(lookMs)
  expect(tested.told[0]?.[0]).toMatchObject({ reason: 'its health endpoint says failing' })
})

test('many waiting payments are a backlog, too, and it lasts until most of them are gone', () => {
  const tested = new TestCoordinator()
  tested.coordinator.onPayments(manyRecords(backlogCountMin), backlogCountMin)
  answerAll(tested, refused, lookMs)
  expect(kinds(tested)).toContain('backlog above')
  expect(kinds(tested)).not.toContain('backlog gone')
})

test('the first rejection for each reason is told, with an id', () => {
  const tested = new TestCoordinator().accept(1, 2).pass(0)
  tested.cheapest.answer(rejected(400), 2)
  tested.accept(3).pass(0)
  tested.cheapest.answer(rejected(413))
  expect(tested.told.map(([event]) => event)).toEqual([
    {
      kind: 'rejected',
      reason: 'the processor answered 400',
      correlationId: '01010101-0101-0101-0101-010101010101',
    },
    {
      kind: 'rejected',
      reason: 'the processor answered 413',
      correlationId: '03030303-0303-0303-0303-030303030303',
    },
  ])
})

test('an unknown payment is told when it is old, and again when its outcome is known', () => {
  const tested = new TestCoordinator().accept(1).pass(0)
  tested.cheapest.answer(lost)
  answerAll(tested, lost, unknownAgeMsMax + 1000)
  expect(kinds(tested)).toContain('unknown old')
  for (const { done } of tested.cheapest.lookUps.splice(0))
    done({ kind: 'found', amountCents: 1990, requestedAtMs: tested.time.wallOffsetMs })
  tested.pass(lookMs)
  expect(kinds(tested).at(-1)).toBe('unknown gone')
})

test('a purge is told with the node that asked, and with the number of payments forgotten', () => {
  const tested = new TestCoordinator().accept(1, 2, 3)
  tested.coordinator.onRequest('purge', {}, 'api2', () => {})
  expect(tested.told).toEqual([[{ kind: 'purged', node: 'api2', forgottenCount: 3 }, 0]])
})

test('nodes that come and go are told by name', () => {
  const { coordinator, told } = new TestCoordinator()
  coordinator.onNodeChange(['api1'])
  coordinator.onNodeChange(['api1', 'api2'])
  coordinator.onNodeChange(['api2'])
  expect(told.map(([event]) => event)).toEqual([
    { kind: 'node', state: 'connected', node: 'api1' },
    { kind: 'node', state: 'connected', node: 'api2' },
    { kind: 'node', state: 'gone', node: 'api1' },
  ])
})

test('payments that wait for a person are told when there are more, with an id and the reason, and when there are none', () => {
  const tested = new TestCoordinator()
  const makeHopeless = (number: number) => {
    tested.accept(number).pass(0)
    tested.cheapest.answer(lost)
    tested.pass(100)
    const { lookUps } = tested.cheapest
    lookUps.find(({ asked }) => asked[0] === number)?.done({ kind: 'absent' })
    tested.pass(0)
    tested.cheapest.answer(rejected(400))
  }
  makeHopeless(1)
  tested.pass(attentionLookMs + lookMs)
  makeHopeless(2)
  tested.pass(2 * attentionLookMs)
  for (const number of [1, 2]) {
    const resolve = { kind: 'resolve', correlationId: idOf(number), ending: 'recorded' } as const
    tested.coordinator.order(resolve, () => {})
    tested.pass(attentionLookMs)
  }
  const about = { kind: 'attention', correlationId: textOf(1), reason: expect.stringContaining('400') }
  const order = { kind: 'order', order: 'recorded' }
  expect(tested.told.map(([event]) => event)).toEqual([
    { ...about, state: 'grew', attentionCount: 1 },
    { ...about, state: 'grew', attentionCount: 2 },
    { ...order, correlationId: textOf(1) },
    { ...order, correlationId: textOf(2) },
    { kind: 'attention', state: 'empty', attentionCount: 0, correlationId: null, reason: null },
  ])
})

test('a person’s order is told when it changes a payment, and not when it is refused or changes none', () => {
  const tested = new TestCoordinator().accept(1).pass(0)
  const requestedAtMs = tested.time.wallOffsetMs
  const answers: boolean[] = []
  const order = (number: number) =>
    tested.coordinator.order(
      {
        kind: 'resolve',
        correlationId: idOf(number),
        ending: 'recorded',
        processor: 'default',
        requestedAtMs,
      },
      ({ ok }) => answers.push(ok),
    )
  order(9)
  order(1)
  tested.cheapest.answer(rejected(400))
  order(1)
  order(1)
  expect(answers).toEqual([false, false, true, true])
  expect(tested.told.map(([event]) => event).filter(({ kind }) => kind === 'order')).toEqual([
    { kind: 'order', order: 'recorded', correlationId: textOf(1) },
  ])
})

test('a nearly full ledger is told once, and so is the return of room', () => {
  const tested = new TestCoordinator()
  for (const roomShort of [false, true, true, false]) {
    tested.roomShort = roomShort
    tested.pass(lookMs)
  }
  expect(tested.told.map(([event]) => event)).toEqual(
    ['short', 'there'].map(state => ({ kind: 'room', state, keptCount: 0, acceptedCountMax: 1000 })),
  )
})

test('a failing journal is told with the reason, again when the reason changes, and when the journal works again', () => {
  const log = new HandLog()
  const tested = new TestCoordinator({ log })
  for (const code of ['ENOSPC', 'ENOSPC', 'EIO', undefined]) {
    log.failure = code === undefined ? undefined : { code, words: `the disk says ${code}` }
    tested.pass(lookMs)
  }
  expect(tested.told.map(([event]) => event)).toEqual([
    { kind: 'journal', state: 'fails', setting: 'JOURNAL_DIR', reason: 'the disk says ENOSPC' },
    { kind: 'journal', state: 'fails', setting: 'JOURNAL_DIR', reason: 'the disk says EIO' },
    { kind: 'journal', state: 'works', setting: 'JOURNAL_DIR', reason: null },
  ])
})

test('the line about a journal that fails names the setting that says where it is', () => {
  const line = (term?: Term) => {
    const log = new HandLog()
    const tested = new TestCoordinator({ log, ...(term && { term }) })
    log.failure = { code: 'silent', words: 'no answer' }
    const [event] = tested.pass(lookMs).told[0] ?? expect.fail('nothing was told')
    return operatorLine(event).message
  }
  expect(line()).toMatch('the journal in JOURNAL_DIR cannot be written')
  expect(line({ epoch: 3, isReplicated: true })).toMatch('the journal in LOG_SERVERS cannot be written')
})

test('a predecessor is told when it is heard of, and when no payment is looked up because of it any more', () => {
  const tested = new TestCoordinator({ predecessorMs: 2 * lookMs })
  tested.coordinator.onPredecessor()
  tested.accept(1).pass(60 * lookMs)
  expect(kinds(tested)).toEqual(['predecessor heard'])
  for (const processor of tested.processors) {
    processor.lookUps.shift()?.done({ kind: 'absent' })
    tested.pass(0)
  }
  answerAll(tested, { kind: 'recorded' }, lookMs)
  expect(kinds(tested)).toEqual(['predecessor heard', 'predecessor over'])
})

test('the end of a trouble is told at the same level as its beginning', () => {
  const circuit = { kind: 'circuit', processor: 'default', reason: null } as const
  expect(operatorLine({ ...circuit, state: 'open' }).level).toBe('warn')
  expect(operatorLine({ ...circuit, state: 'closed' }).level).toBe('warn')
})

/** Ids that differ in their last bytes. */
function manyRecords(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 24)
  for (let index = 0; index < count; index += 1) {
    bytes.set(records(1), index * 24)
    bytes.set(idOf(index & 255), index * 24)
    new DataView(bytes.buffer).setUint32(index * 24 + 8, index)
  }
  return bytes
}
