import { expect, test } from 'vitest'
import { joinBytes } from './join-bytes.ts'

test('chunks become one piece in their order, empty ones and none included', () => {
  expect(joinBytes([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3))
  expect(joinBytes([])).toEqual(new Uint8Array(0))
})

test('a single chunk is not copied', () => {
  const chunk = Uint8Array.of(7)
  expect(joinBytes([chunk])).toBe(chunk)
})
