import { expect, test } from 'vitest'
import { clipReason, reasonLengthMax } from './reason.ts'

test.each([
  ['a short one is kept as it is', 'status 400', 'status 400'],
  ['one of the full length too', 'x'.repeat(reasonLengthMax), 'x'.repeat(reasonLengthMax)],
  ['a longer one is cut', 'x'.repeat(5000), 'x'.repeat(reasonLengthMax)],
  ['no character is cut in two', `${'x'.repeat(reasonLengthMax - 1)}😀`, 'x'.repeat(reasonLengthMax - 1)],
  [
    'a character that just fits stays',
    `${'x'.repeat(reasonLengthMax - 2)}😀y`,
    `${'x'.repeat(reasonLengthMax - 2)}😀`,
  ],
])('%s', (_, reason, kept) => {
  expect(clipReason(reason)).toBe(kept)
})
