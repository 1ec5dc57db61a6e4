/**
 * The one gate, the same here and in CI: format and lint, types, house rules, dead names, bench ratios, unit tests, simulator
 * seeds, README examples. A line for each step, the output of those that failed, and at the end `N passed, N failed`: the
 * tests that ran, by the runner's own count, and one for each other check.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bootstrap, root } from './bootstrap.mjs'

/** @typedef {{ passed: number, failed: number }} Tally */

/** Many times what the longest step takes: past it something hangs, and a gate that hangs tells nobody anything. */
const stepMsMax = 20 * 60_000

/**
 * Runs every step, also after one has failed: who mends things wants to see all of them. What only computes runs beside
 * the others and takes what they leave: they mostly wait, and some of them look at how long they do.
 * @param {() => Promise<Tally>} [last] one more step
 * @returns {Promise<Tally>}
 */
export async function verify(last) {
  // At the end of this process every step that is under way is stopped.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const beside = simulations()
  const tallies = [
    await check('format and lint', 'biome', ['check', '--error-on-warnings']),
    await check('types', 'tsc', []),
    await check('types, page', 'tsc', ['--project', 'packages/operator-page']),
    await check('house rules', 'tsx', ['tools/tidy.ts']),
    await check('dead names', 'knip', ['--no-progress', '--no-config-hints']),
    await check('bench ratios', 'tsx', ['tools/bench.ts', '--short', '--check']),
    await tests('unit tests', ['--exclude', `${mutants}/**`]),
    await tests('README examples', ['--config', 'tools/readme.vitest.config.ts']),
  ]
  if (last !== undefined) tallies.push(await last())
  return sum([...tallies, ...(await beside)])
}

const mutants = 'packages/simulator/mutants'

/** @returns {Promise<Tally[]>} */
async function simulations() {
  const seeds = ['dist/judge.mjs', 'simulate', '--seeds', '110']
  const replicated = ['dist/judge.mjs', 'simulate', '--replicated', '--seeds', '25']
  const shards = ['--shards', '3', '--crashes', '--seeds', '8', '--minutes', '0.3']
  return [
    await check('simulator seeds', 'node', seeds, givesWay),
    await check('seeds, log', 'node', replicated, givesWay),
    await check('seeds, shards', 'node', ['dist/judge.mjs', 'simulate', ...shards], givesWay),
    await tests('mutants', [mutants], givesWay),
  ]
}

/**
 * To all other processes. Linux shares a processor among sessions first, and among the processes of one by their
 * priority; a step is a session.
 * @param {number} pid
 */
function givesWay(pid) {
  setPriority(pid, constants.priority.PRIORITY_LOW)
  const session = `/proc/${pid}/autogroup`
  if (existsSync(session)) writeFileSync(session, `${constants.priority.PRIORITY_LOW}`)
}

/**
 * One step that is right or wrong as a whole.
 * @param {string} title
 * @param {string} program an executable of a development dependency, or node
 * @param {readonly string[]} args
 * @param {(pid: number) => void} [onStart]
 * @returns {Promise<Tally>}
 */
async function check(title, program, args, onStart) {
  const { ok, output, seconds } = await runQuietly(program, args, onStart)
  report(title, ok, seconds, '', output)
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/**
 * One run of the test runner, which counts for as many as it ran.
 * @param {string} title
 * @param {readonly string[]} args
 * @param {(pid: number) => void} [onStart]
 * @returns {Promise<Tally>}
 */
export async function tests(title, args, onStart) {
  const directory = mkdtempSync(join(tmpdir(), 'verify-'))
  const file = join(directory, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const { ok, output, seconds } = await runQuietly('vitest', ['run', ...reporters, ...args], onStart)
    const { passed, failed, skipped, failures, slowest } = readReport(file)
    // A run that fails without a failed test (a file that does not load, an error outside any test) is a failure.
    const tally = { passed, failed: ok ? failed : Math.max(failed, 1) }
    const words = `${tally.passed} passed, ${tally.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    // What failed first: the runner tells it last, after a line for each file.
    report(title, ok, seconds, words, [...failures, '', output].join('\n'))
    // So that who wants a shorter gate need not look for where its time goes.
    if (slowest.length > 0) process.stdout.write(`     slowest: ${slowest.join(', ')}\n`)
    return tally
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/**
 * What the runner wrote; nothing where it ended before it could: its output says why.
 * @param {string} file
 */
function readReport(file) {
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0, failures: [], slowest: [] }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(failuresOf),
    slowest: slowestOf(report.testResults),
  }
}

/** @param {readonly { name: string, startTime: number, endTime: number }[]} results of files */
function slowestOf(results) {
  const tookMs = (/** @type {typeof results[number]} */ { startTime, endTime }) => endTime - startTime
  return results
    .toSorted((a, b) => tookMs(b) - tookMs(a))
    .slice(0, 5)
    .map(each => `${relative(root, each.name)} ${(tookMs(each) / 1000).toFixed(0)} s`)
}

/**
 * A line for each failed test of a file, or one for a file that did not load.
 * @param {{ name: string, status: string, message: string, assertionResults: readonly { status: string, fullName: string, failureMessages: readonly string[] }[] }} result
 */
function failuresOf({ name, status, message, assertionResults }) {
  const failed = assertionResults.filter(test => test.status === 'failed')
  const line = (/** @type {string} */ what, /** @type {string} */ why) =>
    `failed: ${relative(root, name)}${what}: ${why.split('\n')[0]}`
  if (failed.length === 0) return status === 'failed' ? [line('', message)] : []
  return failed.map(test => line(` > ${test.fullName}`, test.failureMessages[0] ?? ''))
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {(pid: number) => void} [onStart]
 * @returns {Promise<{ ok: boolean, output: string, seconds: number }>}
 */
async function runQuietly(program, args, onStart) {
  const startMs = performance.now()
  const file = program === 'node' ? process.execPath : join(root, 'node_modules', '.bin', program)
  // A group of its own, so that a step that hangs is killed with all its workers.
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  if (child.pid !== undefined) onStart?.(child.pid)
  let output = ''
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const deadline = setTimeout(() => {
    output += `\nkilled: it did not end within ${stepMsMax / 60_000} minutes\n`
    stop()
  }, stepMsMax)
  process.once('exit', stop)
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += chunk
    })
  const [code] = await once(child, 'close').catch(error => {
    output += `${error.message}\n`
    return [-1]
  })
  clearTimeout(deadline)
  process.off('exit', stop)
  return { ok: code === 0, output, seconds: (performance.now() - startMs) / 1000 }
}

/**
 * @param {string} title
 * @param {boolean} ok
 * @param {number} seconds
 * @param {string} words
 * @param {string} output
 */
function report(title, ok, seconds, words, output) {
  const mark = ok ? 'ok  ' : 'FAIL'
  process.stdout.write(`${mark} ${title.padEnd(16)} ${seconds.toFixed(1).padStart(6)} s  ${words}\n`)
  if (!ok) process.stdout.write(`\n${output.trimEnd()}\n\n`)
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
function sum(tallies) {
  const add = (/** @type {'passed' | 'failed'} */ key) =>
    tallies.reduce((total, tally) => total + tally[key], 0)
  return { passed: add('passed'), failed: add('failed') }
}

/**
 * The closing line, and the exit code that goes with it.
 * @param {Tally} tally
 */
export function conclude(tally) {
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  // Nothing passed means nothing ran: that is no success.
  process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await bootstrap()
  conclude(await verify())
}
