/**
 * `node tools/run.mjs COMMAND [args]`: the command line of this project from a bare clone. It installs and builds what
 * is missing, then runs `dist/cli.mjs` in this same process, so that signals and exit codes are the program's own.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bootstrap, root } from './bootstrap.mjs'

await bootstrap()
const program = join(root, 'dist', 'cli.mjs')
process.argv[1] = program
await import(pathToFileURL(program).href)
