import { expect, test } from 'vitest'
import { conflictCountMax } from './limits.ts'
import { records, rejected, TestEngine } from './testing.ts'

const report = ({ engine, nowMs }: TestEngine) => engine.queueStatus(nowMs)

test('the same payment again is no conflict; the same id with another amount is counted and listed', () => {
  const tested = new TestEngine().accept(1).accept(1)
  expect(report(tested)).toMatchObject({ duplicateCount: 1, conflictCount: 0, conflicts: [] })
  tested.acceptAmount(5, 1)
  expect(report(tested)).toMatchObject({
    duplicateCount: 2,
    conflictCount: 1,
    conflicts: [{ correlationId: '00000000-0000-0000-0000-000000000001', kind: 'amount' }],
  })
})

test('an id that was rejected is a conflict with any amount, and a purge forgets it', () => {
  const tested = new TestEngine().accept(1)
  tested.endAttempt(rejected)
  tested.accept(1)
  expect(report(tested)).toMatchObject({ conflictCount: 1, conflicts: [{ kind: 'rejected' }] })
  tested.tell({ kind: 'purge' })
  expect(report(tested)).toMatchObject({ conflictCount: 0, conflicts: [] })
})

test('the latest conflicts are listed, the newest last', () => {
  const tested = new TestEngine()
  for (let number = 1; number <= conflictCountMax + 5; number += 1)
    tested.accept(number).acceptAmount(5, number)
  const { conflictCount, conflicts } = report(tested)
  expect([conflictCount, conflicts.length]).toEqual([conflictCountMax + 5, conflictCountMax])
  expect(conflicts.at(-1)?.correlationId).toBe('00000000-0000-0000-0000-000000000019')
})

test('each record that is a conflict is named by its place, with the reason', () => {
  const tested = new TestEngine().accept(1)
  tested.endAttempt(rejected)
  tested.accept(2, 1, 2, 3)
  expect(tested.conflicts).toEqual([{ index: 1, kind: 'rejected', reason: 'the processor answered 400' }])
  tested.acceptAmount(5, 4, 3)
  expect(tested.conflicts).toEqual([{ index: 1, kind: 'amount', reason: '' }])
  tested.accept(4)
  expect(tested.conflicts).toEqual([{ index: 0, kind: 'amount', reason: '' }])
  tested.accept(5)
  expect(tested.conflicts).toEqual([])
})

test('when a batch has the same id twice, the second record is a conflict if its amount differs', () => {
  const tested = new TestEngine()
  const [first, second] = [records([7, 8]), records([7], 5)]
  tested.tell({ kind: 'accept', records: Uint8Array.of(...first, ...second, ...first), count: 5 })
  expect(tested.conflicts).toEqual([{ index: 2, kind: 'amount', reason: '' }])
})
