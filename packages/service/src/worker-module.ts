import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { NodeModule } from './child.ts'

/**
 * The program of a file `NAME.worker.ts` beside the file of `importerUrl`. From source it runs through tsx; from a
 * bundle, it is the bundle that tools/build.mjs makes of every such file.
 */
export function workerModule(name: string, importerUrl: string): NodeModule {
  const source = fileURLToPath(new URL(`./${name}.worker.ts`, importerUrl))
  if (!existsSync(source)) return { module: fileURLToPath(new URL(`./${name}.worker.mjs`, importerUrl)) }
  const tsx = createRequire(importerUrl).resolve('tsx')
  return { module: source, execArgv: ['--import', pathToFileURL(tsx).href] }
}
