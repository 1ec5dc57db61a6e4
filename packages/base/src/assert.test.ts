import { expect, test } from 'vitest'
import { AssertionError, assert, unreachable } from './assert.ts'

test('a true condition passes and a false one throws with its message', () => {
  assert(true, 'fine')
  expect(() => assert(false, 'queue count is negative')).toThrow('queue count is negative')
  expect(() => assert(0, 'zero is false')).toThrow(AssertionError)
})

test('unreachable names the value that was not foreseen', () => {
  expect(() => unreachable('surprise' as never)).toThrow('surprise')
})
