import { expect, expectTypeOf, test } from 'vitest'
import { err, ok, type Result } from './index.ts'

test('a result is a value or an error, and says which', () => {
  const half = (value: number): Result<number, string> => (value % 2 === 0 ? ok(value / 2) : err('odd'))
  expect(half(8)).toEqual({ ok: true, value: 4 })
  expect(half(7)).toEqual({ ok: false, error: 'odd' })
  const given = half(8)
  if (given.ok) expectTypeOf(given.value).toBeNumber()
  else expectTypeOf(given.error).toBeString()
})
