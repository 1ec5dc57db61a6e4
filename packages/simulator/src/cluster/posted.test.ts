import { Prng } from '@rinha/base'
import { shardOf } from '@rinha/payment'
import { expect, test } from 'vitest'
import { PostedPayments } from './posted.ts'

test('a payment is found by its id, and an id that was not posted finds none', () => {
  const posted = new PostedPayments(new Prng(1))
  const payments = Array.from({ length: 300 }, () => posted.create())
  for (const payment of payments) expect(posted.of(payment.correlationId.slice())).toBe(payment)
  expect(posted.all).toEqual(payments)
  expect(() => posted.of(new Uint8Array(16).fill(255))).toThrow('only posted payments are met')
})

test('ids differ, also between runs, and amounts are allowed ones', () => {
  const idsOf = (seed: number) => {
    const posted = new PostedPayments(new Prng(seed))
    return Array.from({ length: 500 }, () => posted.create())
  }
  const payments = [...idsOf(1), ...idsOf(2)]
  expect(new Set(payments.map(({ correlationId }) => correlationId.join())).size).toBe(1000)
  for (const { amountCents } of payments) {
    expect(Number.isInteger(amountCents) && amountCents >= 1 && amountCents <= 10_000_000).toBe(true)
  }
  expect(new Set(payments.map(({ amountCents }) => amountCents)).size).toBeGreaterThan(300)
})

test('about one in a hundred is poison, and as many have an id that somebody else has used', () => {
  const posted = new PostedPayments(new Prng(3))
  for (let count = 0; count < 20_000; count += 1) posted.create()
  for (const kind of ['poison', 'foreign']) {
    const count = posted.all.filter(payment => payment.kind === kind).length
    expect(Math.abs(count - 200)).toBeLessThan(60)
  }
})

test('a new payment is at no node, and nothing is known of it', () => {
  const payment = new PostedPayments(new Prng(1)).create()
  expect(payment).toMatchObject({
    number: 0,
    takenBy: 0,
    toldBy: 0,
    attempts: [],
    recordedBy: -1,
    ended: false,
  })
})

test('each payment is of one shard, which knows the others as well', () => {
  const posted = new PostedPayments(new Prng(1), 3)
  const shards = [0, 1, 2].map(index => posted.ofShard(index))
  for (let count = 0; count < 60; count += 1) posted.create()
  for (const [index, { all, of, numbered }] of shards.entries()) {
    expect(all.length).toBeGreaterThan(5)
    for (const payment of all) expect(shardOf(payment.correlationId, 3)).toBe(index)
    const [first] = posted.all
    expect([of(first?.correlationId ?? new Uint8Array()), numbered(0)]).toEqual([first, first])
  }
  expect(shards.reduce((sum, { all }) => sum + all.length, 0)).toBe(60)
  expect(new PostedPayments(new Prng(1)).ofShard(0).all).toEqual([])
})
