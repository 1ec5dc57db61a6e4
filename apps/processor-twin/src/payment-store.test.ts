import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PaymentStore } from './payment-store.ts'

test('a payment is found as it was inserted, and a duplicate changes nothing (invariant 1)', () => {
  const store = new PaymentStore(10)
  const first = { id: 'a', amountCents: 1990, requestedAtUs: 5 }
  expect(store.insert(first)).toBe('inserted')
  expect(store.insert({ id: 'a', amountCents: 1, requestedAtUs: 6 })).toBe('duplicate')
  expect(store.find('a')).toEqual(first)
  expect(store.find('b')).toBeUndefined()
  expect(store.total()).toEqual({ count: 1, amountCents: 1990 })
})

test('a full store refuses, a duplicate stays a duplicate, and a purge makes room', () => {
  const store = new PaymentStore(2)
  for (const id of ['a', 'b']) store.insert({ id, amountCents: 1, requestedAtUs: 0 })
  expect(store.insert({ id: 'c', amountCents: 1, requestedAtUs: 0 })).toBe('full')
  expect(store.insert({ id: 'a', amountCents: 1, requestedAtUs: 0 })).toBe('duplicate')
  store.purge()
  expect(store.total()).toEqual({ count: 0, amountCents: 0 })
  expect(store.find('a')).toBeUndefined()
  expect(store.insert({ id: 'c', amountCents: 1, requestedAtUs: 0 })).toBe('inserted')
})

test('a sum that would not be exact is refused, negative amounts included (invariant 3)', () => {
  const store = new PaymentStore(10)
  expect(store.insert({ id: 'a', amountCents: -Number.MAX_SAFE_INTEGER, requestedAtUs: 0 })).toBe('inserted')
  expect(store.insert({ id: 'b', amountCents: 1, requestedAtUs: 0 })).toBe('full')
  expect(new PaymentStore(10).insert({ id: 'a', amountCents: 1e300, requestedAtUs: 0 })).toBe('full')
})

test('a window sums what a scan of all payments does, however they came (invariant 2)', () => {
  const arrival = fc.oneof(
    fc.record({ jitter: fc.constant(20), count: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({ jitter: fc.constant(1_000_000), count: fc.integer({ min: 0, max: 3000 }) }),
  )
  const ends = fc.array(fc.tuple(fc.integer({ min: -50, max: 3050 }), fc.integer({ min: -50, max: 3050 })), {
    minLength: 1,
    maxLength: 10,
  })
  fc.assert(
    fc.property(arrival, fc.integer(), ends, ({ jitter, count }, seed, windows) => {
      const store = new PaymentStore(5000)
      const payments = Array.from({ length: count }, (_, index) => ({
        id: String(index),
        amountCents: (index * 7919 + seed) % 1000,
        requestedAtUs: index + (Math.imul(index + 1, seed | 1) % jitter),
      }))
      for (const payment of payments) store.insert(payment)
      for (const [fromUs, toUs] of windows) {
        const within = payments.filter(
          ({ requestedAtUs }) => requestedAtUs >= fromUs && requestedAtUs <= toUs,
        )
        const amountCents = within.reduce((sum, payment) => sum + payment.amountCents, 0)
        expect(store.sum(fromUs, toUs)).toEqual({ count: within.length, amountCents })
      }
    }),
    { numRuns: 40 },
  )
})
