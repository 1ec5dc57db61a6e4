/**
 * The simulator's mutants for the command line: `npm run simulate -- --mutant NAME`. Only a clone with its development
 * dependencies can do this, so the command loads this file when it is asked for one, and not before.
 */
import { join } from 'node:path'
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
  const { tsImport } = await import('tsx/esm/api')
  const { mutants, buildMutant } = await tsImport('../packages/simulator/mutants/index.ts', import.meta.url)
  const mutant = mutants.find((/** @type {{ name: string }} */ each) => each.name === name)
  if (mutant === undefined) return mutants.map((/** @type {{ name: string }} */ each) => each.name)
  await buildMutant({ root, build }, mutant, join(root, entry), outfile)
  return undefined
}
