import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { BuildOptions, Plugin } from 'esbuild'
import type { Mutant } from './mutant.ts'

/** The project's root and its bundler. They are given, because callers in other places bundle this file itself. */
export interface Bundler {
  readonly root: string
  readonly build: (options: BuildOptions) => Promise<unknown>
}

/**
 * Bundles `entry` with the mutant's edits into `outfile`. The edits are made to what the bundler reads; no file of the
 * project changes. Throws where an edit's text does not stand in its file exactly once: the source has moved on, and the
 * mutant has to follow.
 */
export async function buildMutant(
  { root, build }: Bundler,
  mutant: Mutant,
  entry: string,
  outfile: string,
): Promise<void> {
  const texts = new Map<string, string>()
  for (const { file, find, replace } of mutant.edits) {
    const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8')
    const parts = text.split(find)
    if (parts.length !== 2)
      throw new Error(`mutant "${mutant.name}": ${parts.length - 1} times in ${file}, not once: ${find}`)
    texts.set(file, parts.join(replace))
  }
  const edited: Plugin = {
    name: 'edited-sources',
    setup(plugin) {
      plugin.onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
        const contents = texts.get(relative(root, path))
        return contents === undefined ? undefined : { contents, loader: 'ts' }
      })
    },
  }
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [edited],
    logLevel: 'silent',
    absWorkingDir: root,
  })
}
