/**
 * `npm run bench [-- NAME…] [--short] [--check | --record] [--json FILE] [--plot]`: every bench, or those whose name begins so, each in a
 * process of its own, one after the other. A bench is a file `bench/NAME.bench.ts` of a package or an app; it is called
 * PACKAGE/NAME. Prints a table for each and one line of JSON; exits with 1 where a bench could not run.
 *
 * `--short` takes under a minute. `--check` (with --short) exits with 1 where a ratio is a quarter worse than the one
 * recorded in tools/bench-ratios.json on the same processor and Node; elsewhere there is nothing to compare with. A bench with such a
 * ratio is measured up to five times more first, and the best counts.
 * `--record` writes them, of nine tries. `--plot` writes docs/growth.svg.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { alignedTable } from '../packages/base/src/index.ts'
import type { BenchResult, Measured } from '../packages/testing/src/bench/index.ts'
import { bestOf, type Ratios, usualOf, verdict } from './bench-verdict.ts'
import { growthPlot } from './growth-plot.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ratiosFile = join(root, 'tools', 'bench-ratios.json')
/** A check that fails measures again, so often in all. */
const tryCountMax = 6
/** What is recorded is what three tries usually say at best. */
const [recordTryCount, recordCount] = [3, 3]

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    plot: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

/** Every bench by its name, with its file. */
function benches(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const top of ['packages', 'apps'])
    for (const path of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })) {
      const [, owner, name] = /^([^/]+)\/bench\/([^/]+)\.bench\.ts$/.exec(path) ?? []
      if (owner !== undefined) found.set(`${owner}/${name}`, join(root, top, path))
    }
  return new Map([...found].sort())
}

async function run(name: string, file: string): Promise<BenchResult> {
  const child = fork(file, flags.short ? ['--short'] : [], {
    cwd: root,
    execArgv: ['--expose-gc', '--import', pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href],
  })
  let result: BenchResult | undefined
  child.on('message', message => {
    result = message as BenchResult
    child.disconnect()
  })
  const [code] = await once(child, 'exit')
  if (code !== 0 || result === undefined) throw new Error(`${name} ended with ${code} and without a result`)
  return result
}

function tableOf({ question, notMeasured, rows }: BenchResult): string {
  const over = (value: number, target: number | undefined) =>
    target === undefined ? '' : `${target}${value > target ? ' (over)' : ''}`
  const hasBytes = rows.some(({ bytes }) => bytes !== undefined)
  const cells = rows.map(row => [
    row.name,
    row.us.toFixed(2),
    over(row.us, row.targetUs),
    row.ratio.toFixed(2),
    `${row.primitive} (${row.primitiveUs.toFixed(2)})`,
    ...(hasBytes ? [row.bytes?.toFixed(1) ?? '', over(row.bytes ?? 0, row.targetBytes)] : []),
  ])
  const head = ['', 'µs', 'target', '×', 'of', ...(hasBytes ? ['bytes', 'target'] : [])]
  return [
    question,
    '',
    ...alignedTable([head, ...cells], 'lrrrlrr'),
    '',
    `Not measured: ${notMeasured}.`,
    '',
  ].join('\n')
}

const ratiosOf = (name: string, rows: readonly Measured[]): Ratios =>
  Object.fromEntries(rows.map(row => [`${name}: ${row.name}`, row.ratio]))

/** Another processor, or another Node, has other ratios. */
const recordedOn = `${os.cpus()[0]?.model}, Node ${process.versions.node.split('.')[0]}`
const readRatios = () => JSON.parse(readFileSync(ratiosFile, 'utf8')) as Record<string, Ratios>

/** The recorded ratios of a bench on a machine like this one. */
function recordedOf(name: string): Ratios {
  const all = Object.entries(readRatios()[recordedOn] ?? {})
  return Object.fromEntries(all.filter(([key]) => key.startsWith(`${name}: `)))
}

/** Measures those again that look worse: a busy moment is no verdict. */
async function check(
  results: ReadonlyMap<string, BenchResult>,
  files: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const [name, { rows }] of results) {
    const recorded = recordedOf(name)
    const tries = [ratiosOf(name, rows)]
    while (verdict(recorded, bestOf(tries)).length > 0 && tries.length < tryCountMax)
      tries.push(ratiosOf(name, (await run(name, files.get(name) ?? '')).rows))
    problems.push(...verdict(recorded, bestOf(tries)))
  }
  return problems
}

/**
 * The best of three tries; that three times, and the worst of the three counts. So what is
 * recorded is what a check usually finds, and no lucky moment that no later check would come near.
 */
async function record(
  results: ReadonlyMap<string, BenchResult>,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const machines = readRatios()
  const all: Record<string, number> = { ...machines[recordedOn] }
  for (const [name, { rows }] of results) {
    for (const key of Object.keys(all)) if (key.startsWith(`${name}: `)) delete all[key]
    const tries = [ratiosOf(name, rows)]
    while (tries.length < recordTryCount * recordCount)
      tries.push(ratiosOf(name, (await run(name, files.get(name) ?? '')).rows))
    for (const [key, ratio] of Object.entries(usualOf(tries, recordTryCount)))
      all[key] = Number(ratio.toFixed(2))
  }
  const sorted = Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)))
  writeFileSync(ratiosFile, `${JSON.stringify({ ...machines, [recordedOn]: sorted }, null, 2)}\n`)
}

const files = new Map(
  [...benches()].filter(([name]) => names.length === 0 || names.some(start => name.startsWith(start))),
)
if (files.size === 0)
  throw new Error(`no bench is called ${names.join(' or ')}: there are ${[...benches().keys()].join(', ')}`)
const machine = `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.version}`
process.stdout.write(`${machine}; microseconds of CPU an operation, medians\n\n`)
const results = new Map<string, BenchResult>()
for (const [name, file] of files) {
  const result = await run(name, file)
  if (result.rows.length === 0) continue
  results.set(name, result)
  process.stdout.write(`${name}: ${tableOf(result)}\n`)
}
const json = `${JSON.stringify({ machine, at: new Date().toISOString(), results: Object.fromEntries(results) })}\n`
if (!flags.check) process.stdout.write(json)
if (flags.json !== undefined) writeFileSync(flags.json, json)
if (flags.plot) writeFileSync(join(root, 'docs', 'growth.svg'), growthPlot(results))
if (flags.record) await record(results, files)
if (flags.check && readRatios()[recordedOn] === undefined)
  process.stdout.write(`no ratios are recorded on ${recordedOn}: --record writes them\n`)
else if (flags.check) {
  const problems = await check(results, files)
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length === 0 ? 0 : 1
  if (problems.length === 0) process.stdout.write(`${basename(ratiosFile)}: no ratio is a quarter worse\n`)
}
