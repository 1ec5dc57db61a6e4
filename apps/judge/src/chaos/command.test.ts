import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { beforeEach, expect, test } from 'vitest'
import { chaos, chaosWith } from './command.ts'

let directory: string
let [out, errors] = ['', '']
const output = {
  stdout: { write: (text: string) => (out += text) },
  stderr: { write: (text: string) => (errors += text) },
}

beforeEach(() => {
  directory = temporaryDirectory()
  out = ''
  errors = ''
})

test('prints its page', async () => {
  expect(await chaos.run(['--help'], output)).toBe(0)
  expect(out).toMatch(/^Runs the real processes.*Usage: npm run chaos/s)
})

test('a wrong option is 2, and nothing runs', async () => {
  expect(await chaos.run(['--minutes', 'x'], output)).toBe(2)
  expect(errors).toMatch(/^chaos: --minutes "x" is not allowed.*\nchaos: --help shows them all\n$/)
  expect(out).toBe('')
})

test('a folder with something in it is not used', async () => {
  writeFileSync(join(directory, 'mine'), '')
  expect(await chaos.run(['--keep', directory], output)).toBe(2)
  expect(errors).toContain('a folder that is new or empty')
  expect(readdirSync(directory)).toEqual(['mine'])
})

test('bundles that were never built are 1, with what to do; the folder stays and is named', async () => {
  const keep = join(directory, 'kept')
  expect(await chaosWith(directory).run(['--keep', keep, '--seed', '3'], output)).toBe(1)
  expect(errors).toMatch(/chaos: .*processor-twin\.mjs is missing: run "npm run build"\n$/)
  expect(out).toBe(`chaos --minutes 1 --every 3 --seed 3 --vus 50\ndata and logs: ${keep}\n`)
  expect(existsSync(keep)).toBe(true)
})
