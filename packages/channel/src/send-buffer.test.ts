import { readPaymentAmountCents } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SendBuffer } from './send-buffer.ts'

const id = (byte: number) => new Uint8Array(16).fill(byte)

/** The amounts in a batch; in these tests a payment's amount is its sequence number. */
function amounts(records: Uint8Array): number[] {
  return Array.from({ length: records.length / 24 }, (_, index) =>
    readPaymentAmountCents(records, index * 24),
  )
}

function takeAll(buffer: SendBuffer, through = Number.MAX_SAFE_INTEGER): number[] {
  const taken: number[] = []
  for (let batch = buffer.take(3, through); batch !== undefined; batch = buffer.take(3, through)) {
    expect(amounts(batch.records)[0]).toBe(batch.firstSequence)
    taken.push(...amounts(batch.records))
  }
  return taken
}

test('after a rewind, unacknowledged payments are sent again in their order', () => {
  const buffer = new SendBuffer(4)
  for (const sequence of [1, 2, 3]) expect(buffer.offer(id(sequence), sequence)).toBe(true)
  expect(takeAll(buffer, 2)).toEqual([1, 2])
  expect(buffer.acknowledge(1)).toBe(true)
  buffer.rewind()
  expect(takeAll(buffer)).toEqual([2, 3])
  expect([buffer.count, buffer.acknowledgedSequence]).toEqual([2, 1])
})

test('a full buffer takes no payment until one is acknowledged', () => {
  const buffer = new SendBuffer(2)
  expect([buffer.offer(id(1), 1), buffer.offer(id(2), 2), buffer.offer(id(3), 3)]).toEqual([
    true,
    true,
    false,
  ])
  takeAll(buffer)
  buffer.acknowledge(1)
  expect(buffer.offer(id(3), 3)).toBe(true)
  expect(takeAll(buffer)).toEqual([3])
})

test('an acknowledgement of unsent payments, or a repeated one, changes nothing (invariant 2)', () => {
  const buffer = new SendBuffer(4)
  for (const sequence of [1, 2, 3]) buffer.offer(id(sequence), sequence)
  takeAll(buffer, 2)
  expect(buffer.acknowledge(3)).toBe(false)
  expect(buffer.acknowledge(2)).toBe(true)
  expect(buffer.acknowledge(1)).toBe(false)
  expect(buffer.count).toBe(1)
})

test('an acknowledgement after a rewind may cover payments that have not been sent again', () => {
  const buffer = new SendBuffer(4)
  for (const sequence of [1, 2, 3]) buffer.offer(id(sequence), sequence)
  takeAll(buffer)
  buffer.rewind()
  expect(buffer.acknowledge(2)).toBe(true)
  expect(takeAll(buffer)).toEqual([3])
})

test('the buffer finds a payment by its id until the payment is acknowledged', () => {
  const buffer = new SendBuffer(2)
  buffer.offer(id(1), 1)
  buffer.offer(id(2), 2)
  takeAll(buffer)
  expect([buffer.holds(id(1)), buffer.holds(id(2)), buffer.holds(id(3))]).toEqual([true, true, false])
  buffer.acknowledge(1)
  expect([buffer.holds(id(1)), buffer.holds(id(2))]).toEqual([false, true])
})

test('a bad id or amount is a bug of the caller', () => {
  const buffer = new SendBuffer(2)
  expect(() => buffer.offer(new Uint8Array(15), 1)).toThrow('16 bytes')
  for (const amountCents of [0, -1, 1.5, 1_000_000_001]) {
    expect(() => buffer.offer(id(1), amountCents)).toThrow('amount')
  }
})

test('the buffer behaves like a plain list under any mix of offers, sends, acknowledgements and rewinds', () => {
  const operation = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('offer'), value: fc.nat(0) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('take'), value: fc.nat(12) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('acknowledge'), value: fc.nat(12) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('rewind'), value: fc.nat(0) }) },
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), operations => {
      const buffer = new SendBuffer(7)
      const model = { acknowledged: 0, next: 1, highestSent: 0, last: 0 }
      for (const { kind, value } of operations) {
        if (kind === 'offer') {
          const room = model.last - model.acknowledged < 7
          expect(buffer.offer(id(model.last + 1), model.last + 1)).toBe(room)
          if (room) model.last += 1
        } else if (kind === 'take') {
          const through = Math.min(model.last, model.acknowledged + value)
          const expected = Array.from(
            { length: Math.max(0, through - model.next + 1) },
            (_, i) => model.next + i,
          )
          expect(takeAll(buffer, model.acknowledged + value)).toEqual(expected)
          model.next += expected.length
          model.highestSent = Math.max(model.highestSent, model.next - 1)
        } else if (kind === 'acknowledge') {
          const sequence = model.acknowledged + value - 2
          const valid = sequence >= model.acknowledged && sequence <= model.highestSent
          expect(buffer.acknowledge(sequence)).toBe(valid)
          if (valid) model.acknowledged = sequence
          model.next = Math.max(model.next, model.acknowledged + 1)
        } else {
          buffer.rewind()
          model.next = model.acknowledged + 1
        }
        expect(buffer.count).toBe(model.last - model.acknowledged)
        expect(buffer.acknowledgedSequence).toBe(model.acknowledged)
        expect(buffer.nextSequence).toBe(model.next)
      }
    }),
    { numRuns: 100 },
  )
})
