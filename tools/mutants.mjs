/**
 * The simulator's mutants for the command line: `npm run simulate -- --mutant NAME`. Only a clone with its development
 * dependencies can do this, so the command loads this file when it is asked for one, and not before.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './bootstrap.mjs'

/**
 * Bundles `entry` with a mutant's edits to `outfile`. Answers `undefined`, or the names there are when `name` is none.
 * @param {string} name
 * @param {string} entry from the root of the project
 * @param {string} outfile
 * @returns {Promise<readonly string[] | undefined>}
 */
export async function bundleMutant(name, entry, outfile) {
  const { build } = await import('esbuild')
  const directory = mkdtempSync(join(tmpdir(), 'mutants-'))
  try {
    const list = join(directory, 'mutants.mjs')
    await build({
      entryPoints: [join(root, 'packages', 'simulator', 'mutants', 'index.ts')],
      outfile: list,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    })
    const { mutants, buildMutant } = await import(pathToFileURL(list).href)
    const mutant = mutants.find((/** @type {{ name: string }} */ each) => each.name === name)
    if (mutant === undefined) return mutants.map((/** @type {{ name: string }} */ each) => each.name)
    await buildMutant({ root, build }, mutant, join(root, entry), outfile)
    return undefined
  } finally {
    rmSync(directory, { recursive: true })
  }
}
