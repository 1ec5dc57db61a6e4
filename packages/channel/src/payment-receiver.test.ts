import fc from 'fast-check'
import { expect, test } from 'vitest'
import { creditTarget, PaymentReceiver, worthTelling } from './payment-receiver.ts'

test('payments that were taken before are skipped, so none is taken twice (invariant 2)', () => {
  const receiver = new PaymentReceiver(10)
  receiver.grant(100, 100, 100)
  expect(receiver.check(9, 2)).toEqual({ ok: true, value: 2 })
  expect(receiver.check(9, 5)).toEqual({ ok: true, value: 2 })
  receiver.take(9, 5)
  expect(receiver.lastSequence).toBe(13)
  expect(receiver.check(9, 5)).toEqual({ ok: true, value: 5 })
})

test('a gap and a payment past the window are refused (invariant 3)', () => {
  const receiver = new PaymentReceiver(0)
  receiver.grant(3, 100, 100)
  expect(receiver.check(2, 1)).toMatchObject({ ok: false, error: expect.stringContaining('gap') })
  expect(receiver.check(1, 4)).toMatchObject({ ok: false, error: expect.stringContaining('window') })
  expect(receiver.check(1, 3)).toEqual({ ok: true, value: 0 })
})

test('a node with credit left is told to stop when the room is gone, and payments that it sent meanwhile are taken', () => {
  const receiver = new PaymentReceiver(0)
  expect(receiver.grant(5, 5, 5)).toBe(5)
  expect(receiver.grant(0, 0, 0)).toBe(0)
  expect(receiver.check(1, 5).ok).toBe(true)
  expect(receiver.grant(5, 0, 9)).toBe(5)
})

test('the credit of all nodes together never exceeds the room, and no window end ever falls (invariant 1)', () => {
  const operation = fc.record({ node: fc.nat(2), count: fc.nat(20), freed: fc.nat(20) })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(operation, { maxLength: 80, size: 'max' }),
      (roomMax, operations) => {
        const nodes = [new PaymentReceiver(0), new PaymentReceiver(5), new PaymentReceiver(9)]
        let room = roomMax
        for (const { node, count, freed } of operations) {
          const receiver = nodes[node]
          if (receiver === undefined) continue
          const sent = Math.min(count, receiver.advertisedCount)
          const first = receiver.lastSequence + 1
          if (sent > 0) {
            expect(receiver.check(first, sent)).toEqual({ ok: true, value: 0 })
            receiver.take(first, sent)
            room -= sent
          }
          expect(room).toBeGreaterThanOrEqual(0)
          room = Math.min(roomMax, room + freed)
          const outstanding = nodes.reduce((sum, each) => sum + each.outstandingCount, 0)
          receiver.grant(creditTarget(room, 16, 3), Math.max(0, room - outstanding), room)
          const granted = nodes.reduce((sum, each) => sum + each.outstandingCount, 0)
          expect(granted).toBeLessThanOrEqual(room)
        }
      },
    ),
  )
})

test('an even share leaves room for later nodes, and the last places are still granted', () => {
  expect(creditTarget(1000, 5000, 4)).toBe(250)
  expect(creditTarget(1_000_000, 5000, 4)).toBe(5000)
  expect(creditTarget(1, 5000, 4)).toBe(1)
  expect(creditTarget(0, 5000, 4)).toBe(0)
})

test('a window is told when it grew by a quarter, or from zero', () => {
  expect(worthTelling(80, 100, 100)).toBe(false)
  expect(worthTelling(75, 100, 100)).toBe(true)
  expect(worthTelling(0, 1, 100)).toBe(true)
  expect(worthTelling(0, 0, 100)).toBe(false)
  expect(worthTelling(50, 40, 100)).toBe(false)
})
