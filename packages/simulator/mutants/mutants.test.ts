import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
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
 * The tests of the tests: the simulator finds every deliberate bug, by a checker that is expected to find it.
 *
 * `last-found.json` says which seed has found each mutant before. Nearly always it is one of the hundred that the gate
 * plays. It may be another one, for example because purges are rare. That seed is played first, then the hundred in their
 * order. A seed that no longer finds its mutant only costs time, and so does a mutant that the file does not name.
 * `LAST_FOUND=write npx vitest run packages/simulator/mutants` also writes the found seeds to the file.
 */
const seeds = Array.from({ length: 100 }, (_, index) => index + 1)
const lastFoundFile = fileURLToPath(new URL('./last-found.json', import.meta.url))
const writesLastFound = process.env.LAST_FOUND === 'write'
const lastFound = JSON.parse(readFileSync(lastFoundFile, 'utf8')) as Readonly<Record<string, number>>
const directory = temporaryDirectory()
const root = fileURLToPath(new URL('../../..', import.meta.url))
const entry = fileURLToPath(new URL('./hunt.ts', import.meta.url))
const run = promisify(execFile)
const foundNow = new Map<string, Found>()

interface Found {
  readonly seed: number
  readonly checker: CheckerName
  readonly message: string
}

afterAll(() => {
  const moved = [...foundNow].filter(([name, { seed }]) => seed !== lastFound[name])
  for (const [name, { seed, checker, message }] of moved)
    process.stdout.write(`"${name}" is found by seed ${seed}, ${checker}: ${message}\n`)
  if (!writesLastFound) return
  const seedsByName = Object.fromEntries(
    mutants.map(({ name }) => [name, foundNow.get(name)?.seed ?? lastFound[name]]),
  )
  writeFileSync(lastFoundFile, `${JSON.stringify(seedsByName, undefined, 2)}\n`)
})

// Against hanging, not a limit on speed.
describe.concurrent('the simulator finds', { timeout: 300_000 }, () => {
  test.each(mutants.map((mutant, index) => [mutant.name, mutant, index] as const))(
    '%s',
    async (name, mutant, index) => {
      const bundle = join(directory, `${index}.mjs`)
      await buildMutant({ root, build }, mutant, entry, bundle)
      // The seed may be one that the gate does not play otherwise.
      const first = lastFound[name]
      const order = [...(first === undefined ? [] : [first]), ...seeds.filter(seed => seed !== first)]
      const args = [bundle, mutant.runs ?? 'usual', ...order.map(String)]
      const hunt = run(process.execPath, args)
      // Other tests wait for other processes, so they go first.
      setPriority(hunt.child.pid ?? 0, constants.priority.PRIORITY_LOW)
      const found = JSON.parse((await hunt).stdout) as Found | null
      if (found !== null) foundNow.set(name, found)
      expect(mutant.expect, found?.message ?? 'nothing was found').toContain(found?.checker)
    },
  )
})
