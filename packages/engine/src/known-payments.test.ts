import type { ArchivedPayment } from '@rinha/archive'
import { MemoryArchive } from '@rinha/archive/memory'
import { expect, test } from 'vitest'
import { correlationId, TestEngine } from './testing.ts'

const settled: ArchivedPayment = {
  correlationId: correlationId(1),
  amountCents: 1990,
  acceptedAtMs: 5,
  state: 'settled',
  processor: 1,
  requestedAtMs: 77,
  reason: '',
}
const discarded: ArchivedPayment = {
  ...settled,
  correlationId: correlationId(2),
  state: 'discarded',
  processor: -1,
  requestedAtMs: 0,
  reason: 'the processor answered 400',
}

function tested() {
  const archive = new MemoryArchive(run => run())
  archive.add([settled, discarded], () => {})
  return { archive, engine: new TestEngine({ archive }) }
}
const report = ({ engine, nowMs }: TestEngine) => engine.queueStatus(nowMs)

test('E2: an archived payment that comes again is a duplicate, and is not sent', () => {
  const { engine } = tested()
  engine.accept(1, 3, 1)
  expect(report(engine)).toMatchObject({ acceptedCount: 1, duplicateCount: 2, conflictCount: 0 })
  expect(engine.attempts.map(send => send.correlationId)).toEqual([correlationId(3)])
})

test('another amount under the id of an archived payment is a conflict, and so is the id of one that was discarded', () => {
  const { engine } = tested()
  engine.acceptAmount(5, 1)
  expect(engine.conflicts).toEqual([{ index: 0, kind: 'amount', reason: '' }])
  engine.accept(2)
  expect(engine.conflicts).toEqual([{ index: 0, kind: 'rejected', reason: discarded.reason }])
  expect(report(engine)).toMatchObject({ acceptedCount: 0, conflictCount: 2 })
})

test('an archived payment has its status, and is shown without a row', () => {
  const { engine } = tested().engine
  expect(engine.status(correlationId(1))).toEqual({
    state: 'settled',
    amountCents: 1990,
    processor: 1,
    requestedAtMs: 77,
    isArchived: true,
  })
  expect(engine.status(correlationId(2))).toEqual({
    state: 'rejected',
    amountCents: 1990,
    reason: discarded.reason,
    isArchived: true,
  })
  expect(engine.status(correlationId(3))).toEqual({ state: 'absent' })
  expect(engine.known.payment(correlationId(2))).toEqual({
    row: -1,
    payment: {
      correlationId: '00000000-0000-0000-0000-000000000002',
      state: 'discarded',
      amountCents: 1990,
      acceptedAtMs: 5,
      processor: -1,
      requestedAtMs: null,
      reason: discarded.reason,
    },
  })
})

test('a payment that is in both is the ledger’s', () => {
  const { engine } = tested()
  const fresh = new MemoryArchive(run => run())
  const late = new TestEngine({ archive: fresh }).accept(1)
  fresh.add([{ ...settled, amountCents: 5 }], () => {})
  expect(late.engine.status(correlationId(1))).toMatchObject({ state: 'inFlight', amountCents: 1990 })
  expect(engine.engine.known.payment(correlationId(1))?.row).toBe(-1)
})

test('after a purge an archived payment is unknown, before the archive has begun anew and after', () => {
  const { archive, engine } = tested()
  engine.tell({ kind: 'purge' })
  expect(engine.engine.status(correlationId(1))).toEqual({ state: 'absent' })
  engine.accept(1)
  archive.begin(1)
  expect(report(engine)).toMatchObject({ acceptedCount: 1, duplicateCount: 0 })
  expect(engine.engine.status(correlationId(2))).toEqual({ state: 'absent' })
})
