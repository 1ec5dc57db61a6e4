import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { chaos, chaosWith } from './command.ts'

test('prints its page', async () => {
  const { code, stdout } = await outcomeOf(chaos, '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Runs the real processes.*Usage: npm run chaos/s)
})

test('a wrong option ends with 2, and no process runs', async () => {
  const { code, stdout, stderr } = await outcomeOf(chaos, '--minutes', 'x')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^chaos: --minutes "x" is not allowed.*\nchaos: --help shows them all\n$/)
})

test('a folder with something in it is not used', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'mine'), '')
  const { code, stderr } = await outcomeOf(chaos, '--keep', directory)
  expect(code).toBe(2)
  expect(stderr).toContain('the folder must be new or empty')
  expect(readdirSync(directory)).toEqual(['mine'])
})

test('bundles that were never built end with 1 and say what to do; the folder stays and is named', async () => {
  const directory = temporaryDirectory()
  const keep = join(directory, 'kept')
  const { code, stdout, stderr } = await outcomeOf(chaosWith(directory), '--keep', keep, '--seed', '3')
  expect(code).toBe(1)
  expect(stderr).toMatch(/chaos: .*processor-twin\.mjs is missing: run "npm run build"\n$/)
  expect(stdout).toBe(`chaos --minutes 1 --every 3 --seed 3 --vus 50\ndata and logs: ${keep}\n`)
  expect(existsSync(keep)).toBe(true)
})
