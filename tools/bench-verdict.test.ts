import { expect, test } from 'vitest'
import { bestOf, usualOf, verdict } from './bench-verdict.ts'

test('a ratio that is a quarter worse passes, and one that is more than that fails with both numbers', () => {
  expect(verdict({ 'ledger: insert': 4 }, { 'ledger: insert': 5 })).toEqual([])
  expect(verdict({ 'ledger: insert': 4 }, { 'ledger: insert': 5.2 })).toEqual([
    'ledger: insert: 5.20 times its primitive, recorded were 4.00: 30 % worse',
  ])
})

test('the best of several tries counts, row by row', () => {
  expect(bestOf([{ a: 3, b: 1 }, { a: 2, b: 4 }, { a: 9 }])).toEqual({ a: 2, b: 1 })
})

test('what is recorded is the worst of what several tries say at best', () => {
  expect(usualOf([{ a: 3 }, { a: 5 }, { a: 2 }, { a: 9 }, { a: 4 }, { a: 8 }], 3)).toEqual({ a: 4 })
})

test('a new or missing row has to be recorded', () => {
  expect(verdict({ gone: 1 }, { new: 1 })).toEqual([
    'gone: is recorded and was not measured',
    'new: no ratio is recorded; npm run bench -- --short --record writes it',
  ])
})
