import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { readTokens } from './tokens.ts'

const hash = createHash('sha256').update('open-sesame').digest('hex')

function read(text: string) {
  const path = join(temporaryDirectory(), 'tokens')
  writeFileSync(path, text)
  return readTokens(path)
}

test('a token is found by its hash, with its name and role', () => {
  const tokens = read(
    `# who may\r\n\r\n  anna\toperator  ${hash.toUpperCase()} \r\nbob viewer ${'0'.repeat(64)}`,
  )
  expect(tokens.holderOf('open-sesame')).toEqual({ name: 'anna', role: 'operator' })
  for (const token of ['open-sesam', 'open-sesame ', '', hash]) expect(tokens.holderOf(token)).toBeUndefined()
})

test.each([
  [`anna operator ${hash.slice(1)}`, 1],
  [`anna operator ${hash}0`, 1],
  [`anna admin ${hash}`, 1],
  [`# fine\nanna operator ${hash}\noperator ${hash}`, 3],
  [`anna operator ${hash} more`, 1],
  [`anna viewer ${hash}\nanna operator ${hash}`, 2],
  [`anna operator open-sesame`, 1],
])('%j stops the start with the number of its wrong line, and not with what it says', (text, line) => {
  expect(() => read(text)).toThrow(`is wrong in line ${line}`)
  expect(() => read(text)).not.toThrow(/open-sesame|[0-9a-f]{20}/)
})

test('a file that is not there or has no token stops the start', () => {
  expect(() => readTokens('/nowhere/tokens')).toThrow(
    'ADMIN_TOKENS_FILE=/nowhere/tokens cannot be read: ENOENT',
  )
  expect(() => read('# nobody\n')).toThrow('has no token')
})
