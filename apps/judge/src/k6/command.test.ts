import { outcomeOf } from '@rinha/testing'
import { expect, test } from 'vitest'
import { scoreK6 } from './command.ts'

test.each([
  ['an unknown option', ['--schedule', 'preview', '--vuss', '5'], ['--vuss', '--help shows them all']],
  ['a schedule that is no file', ['--schedule', '/nowhere/x'], ['"/nowhere/x"', 'ENOENT', 'preview, final']],
  ['a folder that is not there', ['--schedule', 'preview', '--json', '/nowhere/x'], ['--json', '/nowhere']],
])('%s ends with 2 before anything starts', async (_name, argv, said) => {
  const { code, stdout, stderr } = await outcomeOf(scoreK6, ...argv)
  expect([code, stdout]).toEqual([2, ''])
  for (const text of said) expect(stderr).toContain(text)
})

test('help ends with 0', async () => {
  const { code, stdout } = await outcomeOf(scoreK6, '--help')
  expect(code).toBe(0)
  expect(stdout).toContain('Usage: npm run score:k6')
})

test('without k6 the command ends with 1 and says how to install it', async () => {
  const before = process.env.PATH
  process.env.PATH = '/nowhere'
  const { code, stderr } = await outcomeOf(scoreK6, '--schedule', 'preview').finally(() => {
    process.env.PATH = before
  })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^score-k6: k6 is not on the PATH: install it \(https:/)
})
