/**
 * From a bare clone to something that runs, with only Node and npm on the machine: checks the machine, installs the
 * dependencies when they are missing or the lockfile has changed, builds the bundles.
 *
 * Plain JavaScript with no dependency: it runs before there is one.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binaryProblem, machineProblem, thisMachine } from './machine.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
/** Holds the hash of what was installed; inside node_modules, so that it goes when that goes. */
const stamp = join(modules, '.installed-lockfile')
export const nativeSockets = join(root, 'apps', 'api', 'node_modules', 'uWebSockets.js')

/** Installs when needed, and ends the process with a message when the machine or the network does not allow it. */
export function install() {
  const machine = thisMachine()
  const problem = machineProblem(machine)
  if (problem !== undefined) giveUp(problem)
  const wanted = lockfileHash()
  if (installedHash() !== wanted) {
    runInstaller()
    writeFileSync(stamp, wanted)
  }
  const missing = binaryProblem(machine, readdirSync(nativeSockets))
  if (missing !== undefined) giveUp(missing)
}

/** {@link install}, then the bundles. */
export async function bootstrap() {
  install()
  const { build } = await import('./build.mjs')
  await build()
}

/**
 * Says why it cannot go on and what to do, without a stack trace.
 * @param {string} message
 * @returns {never}
 */
export function giveUp(message) {
  process.stderr.write(`Cannot go on: ${message}\n`)
  process.exit(1)
}

/** A hash of everything that an install depends on, each package's manifest included, since a new package has to be linked. */
function lockfileHash() {
  const hash = createHash('sha256')
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()])
    hash.update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

function manifests() {
  return ['apps', 'packages'].flatMap(room =>
    readdirSync(join(root, room))
      .map(name => join(room, name, 'package.json'))
      .filter(path => existsSync(join(root, path))),
  )
}

function installedHash() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined
}

function runInstaller() {
  // pnpm by its exact version through npx: corepack and pnpm's own version switch want signatures that mirrors lack.
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const command = `npx --yes ${packageManager} install --frozen-lockfile`
  process.stderr.write(`Installing the dependencies (${packageManager}); this happens once …\n`)
  const [program, ...args] = command.split(' ')
  const result = spawnSync(/** @type {string} */ (program), args, {
    cwd: root,
    // CI=true: never ask, there may be nobody to answer.
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}\n`)
  if (result.error !== undefined)
    giveUp(`npx could not be started (${result.error.message}): is npm installed?`)
  if (/lockfile.*not up to date|OUTDATED_LOCKFILE/i.test(result.stdout)) {
    giveUp(
      `pnpm-lock.yaml does not match a package.json: run "npx ${packageManager} install" and commit the lockfile`,
    )
  }
  giveUp(
    `the dependencies could not be installed (the installer's words are above). It needs to reach the npm registry: ` +
      `see "npm config get registry" and "npm config get proxy". To try by hand: ${command}`,
  )
}
