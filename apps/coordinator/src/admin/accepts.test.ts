import { expect, test } from 'vitest'
import { accepts } from './accepts.ts'

test.each([
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['application/json', true],
  ['APPLICATION/JSON; charset=utf-8', true],
  ['text/html, application/*;q=0.1', true],
  ['text/html,application/xhtml+xml,*/*;q=0.8', true],
  ['text/html', false],
  ['application/json;q=0', false],
  ['*/*, application/json;q=0.000', false],
  ['application/xml', false],
])('Accept: %s of JSON is %s', (accept, isTaken) => {
  expect(accepts(accept, ['application/json'])).toBe(isTaken)
})
