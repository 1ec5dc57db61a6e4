import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CheckerName } from '@rinha/simulator'
import { temporaryDirectory } from '@rinha/testing'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { buildMutant } from './build.ts'
import { mutants } from './mutants.ts'

/**
 * The tests of the tests: the simulator finds every deliberate bug, and says the right thing about it. No mutant needs
 * more seeds than the gate plays.
 */
const seedCountMax = 100
const directory = temporaryDirectory()
const root = fileURLToPath(new URL('../../..', import.meta.url))
const entry = fileURLToPath(new URL('./hunt.ts', import.meta.url))
const run = promisify(execFile)
const rows: string[] = []

interface Found {
  readonly seed: number
  readonly checker: CheckerName
  readonly message: string
}

afterAll(() => {
  process.stdout.write(`seeds needed:\n${rows.sort().join('\n')}\n`)
})

// Against hanging, not a limit on speed.
describe.concurrent('the simulator finds', { timeout: 300_000 }, () => {
  test.each(mutants.map((mutant, index) => [mutant.name, mutant, index] as const))(
    '%s',
    async (name, mutant, index) => {
      const bundle = join(directory, `${index}.mjs`)
      await buildMutant({ root, build }, mutant, entry, bundle)
      const { stdout } = await run(process.execPath, [
        bundle,
        '1',
        `${seedCountMax}`,
        mutant.crashes ? 'crashes' : '',
      ])
      const found = JSON.parse(stdout) as Found | null
      rows.push(
        `${String(found?.seed ?? '-').padStart(4)}  ${name}: ${found?.checker ?? 'nothing'}, ${found?.message ?? ''}`,
      )
      expect(mutant.expect, found?.message ?? 'nothing was found').toContain(found?.checker)
    },
  )
})
