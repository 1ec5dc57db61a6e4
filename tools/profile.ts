/**
 * `npm run profile -- coordinator|node [--rate N]`: a flame graph of the coordinator, or of one API node, under a steady load, in
 * results/profile-NAME.svg, with V8's profile beside it (.cpuprofile, for a browser's developer tools), and a list of the heaviest
 * functions. A cluster of bare processes is started for it and stopped afterwards; it takes half a minute.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { steadyLoad } from '../apps/judge/src/bench/steady-load.ts'
import { descendants, root, startCluster } from '../e2e/testing/cluster-process.ts'
import { until } from '../packages/testing/src/index.ts'
import { type CpuProfile, flameGraph, heaviest } from './flame-graph.ts'

const bundles: Readonly<Record<string, string>> = { coordinator: 'coordinator.mjs', node: 'api.mjs' }
const [warmMs, profiledMs, heaviestCount] = [4000, 10_000, 15]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: 'string', default: '600' } },
})
const [name = ''] = positionals
const bundle = bundles[name]
if (bundle === undefined) throw new Error(`npm run profile -- ${Object.keys(bundles).join('|')} [--rate N]`)
const perSecond = Number(values.rate)

const results = join(root, 'results')
mkdirSync(results, { recursive: true })
const file = join(results, `profile-${name}.cpuprofile`)
const hook = pathToFileURL(join(root, 'tools', 'profile-hook.mjs')).href
const cluster = await startCluster({
  LOG_LEVEL: 'error',
  NODE_OPTIONS: `--import ${hook}`,
  PROFILE_FILE: file,
})
try {
  const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  const pid = descendants(cluster.program.pid).find(each => commandLine(each).includes(bundle))
  if (pid === undefined) throw new Error(`no process runs ${bundle}`)
  const load = (lengthMs: number) => {
    const origin = `http://127.0.0.1:${cluster.ports.port}`
    return steadyLoad({ origin, perSecond, lengthMs, run: randomBytes(10).toString('hex') })
  }
  await load(warmMs)
  const startedMs = Date.now()
  process.kill(pid, 'SIGUSR2')
  const { latenciesMs, failedCount } = await load(profiledMs)
  process.kill(pid, 'SIGUSR2')
  await until(() => profileIn(file, startedMs) !== undefined, 'the profile is written')
  const profile = profileIn(file, startedMs)
  if (profile === undefined) throw new Error('no profile was written')
  const svg = file.replace('.cpuprofile', '.svg')
  writeFileSync(svg, flameGraph(`${name} at ${perSecond} payments a second`, profile))
  process.stdout.write(`${latenciesMs.length} accepted, ${failedCount} failed; most time in\n`)
  for (const found of heaviest(profile, heaviestCount))
    process.stdout.write(`${(found.share * 100).toFixed(1).padStart(5)} %  ${found.name}\n`)
  process.stdout.write(`${svg}\n`)
} finally {
  cluster.program.signal('SIGTERM')
  await cluster.program.exit
}

/** What was written since; undefined while it is not all there. */
function profileIn(path: string, sinceMs: number): CpuProfile | undefined {
  try {
    const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile
    return statSync(path).mtimeMs >= sinceMs ? profile : undefined
  } catch {
    return undefined
  }
}
