/**
 * `node tools/run.mjs PROGRAM COMMAND [args]`: a command of this project from a bare clone. It installs and builds what is
 * missing, then runs `dist/PROGRAM.mjs` (cli: what an operator starts; judge: what measures and tests the system) in this
 * same process, so that signals and exit codes are the program's own.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bootstrap, root } from './bootstrap.mjs'

// A first start takes a while; the other commands have their own words, or are quick.
if (process.argv[3] === 'cluster') process.stderr.write('Building …\n')
await bootstrap()
const [name] = process.argv.splice(2, 1)
const program = join(root, 'dist', `${name}.mjs`)
process.argv[1] = program
await import(pathToFileURL(program).href)
