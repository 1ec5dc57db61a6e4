import { expect, test } from 'vitest'
import { readClusterWord, readRecord } from './collect.ts'

test('a record is read as processors print it, without a zone, and as API nodes do', () => {
  const requestedAtMs = Date.UTC(2026, 10, 22, 8, 14, 10, 618)
  const read = { amountCents: 1990, requestedAtMs }
  expect(readRecord({ amount: 19.9, requestedAt: '2026-11-22T08:14:10.618' })).toEqual(read)
  expect(readRecord({ amount: 19.9, requestedAt: '2026-11-22T08:14:10.618Z' })).toEqual(read)
})

test.each([
  null,
  {},
  { amount: 1 },
  { amount: 0.001, requestedAt: '2026-11-22' },
  { amount: 1, requestedAt: 'x' },
])('what is no record is not read as one: %j', json => {
  expect(readRecord(json)).toBeUndefined()
})

test('what the cluster says is read by its state', () => {
  const settled = { state: 'settled', processor: 'default', amount: 1, requestedAt: '1970-01-01T00:00:01Z' }
  expect(readClusterWord(settled)).toEqual({
    state: 'settled',
    processor: 'default',
    amountCents: 100,
    requestedAtMs: 1000,
  })
  expect(readClusterWord({ state: 'queued', amount: 1 })).toEqual({ state: 'queued' })
  for (const strange of [null, { state: 'lost' }, { state: 'settled' }, { ...settled, processor: 1 }])
    expect(readClusterWord(strange)).toEqual({ state: 'none' })
})
