import { reasonCountMax } from '@rinha/payment'
import { expect, test } from 'vitest'
import { otherReason, ReasonTable } from './reason-table.ts'

test('a reason has one code, however often it comes', () => {
  const table = new ReasonTable()
  const codes = ['status 400', 'status 404', 'status 400'].map(reason => table.codeOf(reason))
  expect(codes).toEqual([1, 2, 1])
  expect(codes.map(code => table.reasonOf(code))).toEqual(['status 400', 'status 404', 'status 400'])
  expect(table.reasons).toEqual([otherReason, 'status 400', 'status 404'])
})

test('past its limit a new reason becomes "another reason", and a known one keeps its code', () => {
  const table = new ReasonTable()
  for (let number = 0; number < reasonCountMax; number += 1)
    expect(table.codeOf(`status ${number}`)).toBe(number + 1)
  expect(table.codeOf('one too many')).toBe(0)
  expect(table.reasonOf(0)).toBe(otherReason)
  expect(table.codeOf('status 3')).toBe(4)
  expect(table.reasons).toHaveLength(reasonCountMax + 1)
})

test('an unknown code is "another reason", and a cleared table gives its codes again from the first', () => {
  const table = new ReasonTable()
  expect(table.reasonOf(7)).toBe(otherReason)
  table.codeOf('status 400')
  table.clear()
  expect(table.reasonOf(1)).toBe(otherReason)
  expect(table.codeOf('status 404')).toBe(1)
})
