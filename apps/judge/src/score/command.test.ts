import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { outcomeOf, temporaryDirectory, until } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { score } from './command.ts'
import type { PartialResults } from './partial-results.ts'
import { type Faults, TestCluster } from './testing.ts'

/** About 2.4 s of up to 20 users whose think time is a fifth of the real one, so that windows close within the run. */
const quick = {
  name: 'quick',
  amount: '20.05',
  vusMax: 20,
  ramp: [
    { atSeconds: 0, part: 0 },
    { atSeconds: 1, part: 1 },
    { atSeconds: 2.4, part: 1 },
  ],
  thinkTimeMs: 200,
  // The timeout is long, so that answers of a slow machine count.
  clientTimeoutMs: 20_000,
  fees: { default: '0.05', fallback: '0.15' },
  audit: { everyMs: 500, lookBackMs: 1500, guardMs: 300, inconsistency: 'sum-of-abs' },
  totals: { source: 'processors', lookBackMs: 60_000 },
  bonus: { p99MsBelow: 11, perMs: '0.02' },
  fine: '0.35',
  stages: [
    { atSeconds: 0.5, default: { delayMs: 7 }, fallback: { delayMs: 8 } },
    { atSeconds: 1.2, default: { delayMs: 7, failing: true }, fallback: { delayMs: 0 } },
  ],
}

const folder = temporaryDirectory()

interface Played {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly results: PartialResults
  readonly report: string
}

async function play(cluster: TestCluster, schedule: unknown, name: string): Promise<Played> {
  const file = join(folder, `${name}.json`)
  const results = join(folder, `${name}-results.json`)
  await writeFile(file, JSON.stringify(schedule))
  const report = join(folder, `${name}.html`)
  const argv = [
    ...['--schedule', file, '--json', results, '--participant', 'ana', '--yes', ...cluster.argv],
    ...['--report', report],
  ]
  const outcome = await outcomeOf(score, ...argv)
  await cluster.stop()
  expect(outcome.stdout, outcome.stderr).toContain(`Report: ${report}`)
  const read = (path: string) => readFile(path, 'utf8')
  return { ...outcome, results: JSON.parse(await read(results)), report: await read(report) }
}

/** The backend's readiness and what it holds first, then audits of the schedule's window in threes, the last three the totals. */
function expectWindows(cluster: TestCluster): void {
  const [ready, held, ...windows] = cluster.windows
  expect([ready, held]).toEqual(Array(2).fill({ of: 'backend', from: null, to: null }))
  expect(windows.length % 3).toBe(0)
  expect(windows.length / 3).toBeGreaterThanOrEqual(2)
  for (let at = 0; at < windows.length; at += 3) {
    const three = windows.slice(at, at + 3)
    expect(three.map(window => window.of).sort()).toEqual(['backend', 'default', 'fallback'])
    expect(new Set(three.map(({ from, to }) => `${from} ${to}`)).size).toBe(1)
    const [first] = three
    const lengthMs = Date.parse(first?.to ?? '') - Date.parse(first?.from ?? '')
    expect(lengthMs).toBe(at + 3 < windows.length ? 1200 : 60_000)
  }
}

describe.concurrent('a run over real HTTP', { timeout: 40_000 }, () => {
  test('an honest backend gets all of its money, no fine and the bonus of its p99', async () => {
    const cluster = await TestCluster.start()
    const { code, stdout, results, report } = await play(cluster, quick, 'honest')
    expect(code).toBe(0)
    const accepted = results.pagamentos_solicitados.qtd_sucesso
    // 20 users at 5 posts a second for 1.4 s, and the ramp's half second of them, less what latency takes.
    expect(accepted).toBeLessThanOrEqual(210)
    expect(cluster.correlationIds.size).toBe(accepted)
    expect([...cluster.amounts]).toEqual([20.05])
    expect(results).toMatchObject({
      participante: 'ana',
      multa: { porcentagem: 0, total: 0, composicao: { num_inconsistencias: 0 } },
      caixa_dois: { detectado: false },
      lag: { lag: 0, num_pagamentos_total: accepted, num_pagamentos_solicitados: accepted },
      pagamentos_solicitados: { qtd_falha: 0 },
    })
    // The default took payments until it failed, the fallback from then on: the stages did reach the processors.
    const counts = [cluster.default.model.books.count, cluster.fallback.model.books.count]
    expect(counts[0]).toBeGreaterThan(0)
    expect(counts[1]).toBeGreaterThan(0)
    expect(results.pagamentos_realizados_default.num_pagamentos).toBe(counts[0])
    expect(results.pagamentos_realizados_fallback.num_pagamentos).toBe(counts[1])
    expect(results.total_bruto).toBeCloseTo(accepted * 20.05, 6)
    expect(results.total_taxas).toBeCloseTo(
      (counts[0] ?? 0) * 20.05 * 0.05 + (counts[1] ?? 0) * 20.05 * 0.15,
      6,
    )
    const p99 = Number.parseFloat(results.p99.valor)
    expect(p99).toBeGreaterThan(0)
    expect(stdout).toContain('p99')
    expect(stdout).toContain('"total_liquido"')
    expect(cluster.purgedCount).toBe(1)
    expectWindows(cluster)
    expect(report).toContain(`From ${accepted} payments that were looked up.`)
    expect(report).toMatch(/0 lag: every accepted payment was counted/)
    // Healed, the two stages, and healed again at the end.
    expect(cluster.settings).toEqual([
      'delay 0',
      'failing false',
      'delay 7',
      'failing false',
      'delay 7',
      'failing true',
      'delay 0',
      'failing false',
    ])
  })

  const wrong: readonly (readonly [
    name: string,
    faults: Faults,
    expected: object,
    said: readonly string[],
    reported: readonly RegExp[],
  ])[] = [
    [
      'a backend that charges twice is disqualified',
      { chargeTwiceEvery: 5 },
      { caixa_dois: { detectado: true }, multa: { porcentagem: 0 } },
      ['disqualified: settled more than was posted here', 'worth nothing'],
      [
        /more were settled than were posted here/,
        /[0-9a-f]{12}<\/th><td class="t">both processors have it: charged twice/,
      ],
    ],
    [
      'a backend whose books are on the wrong processor is fined',
      { shiftCount: 3 },
      { caixa_dois: { detectado: false }, lag: { lag: 0 }, multa: { porcentagem: 0.35 } },
      ['Inconsistent by 6', '35 %'],
      [/The books differed in \d of \d audits/, /all sides agree about each of [1-9]\d* payments by now/],
    ],
    [
      'a backend that refuses, hangs and loses earns only what was booked',
      { loseEvery: 4, refuseEvery: { every: 5, status: 503 }, hangEvery: 12 },
      { caixa_dois: { detectado: false }, multa: { porcentagem: 0 } },
      ['503:', 'timeout:', 'accepted and not counted'],
      [
        /\d+ lag: accepted and not counted/,
        /[0-9a-f]{12}<\/th><td class="t">posted at \d\.\d s; now unknown to the backend/,
      ],
    ],
  ]

  test.each(wrong)('%s', async (name, faults, expected, said, reported) => {
    const cluster = await TestCluster.start(faults)
    // The timeout is short, because some requests are never answered.
    const schedule = faults.hangEvery === undefined ? quick : { ...quick, clientTimeoutMs: 6000 }
    const { code, stdout, results, report } = await play(cluster, schedule, name.replaceAll(' ', '-'))
    expect(code).toBe(0)
    expect(results).toMatchObject(expected)
    for (const text of said) expect(stdout).toContain(text)
    for (const words of reported) expect(report).toMatch(words)
    const booked = cluster.default.model.books.count + cluster.fallback.model.books.count
    const accepted = results.pagamentos_solicitados.qtd_sucesso
    expect(accepted).toBe(cluster.correlationIds.size)
    expect(results.lag).toMatchObject({ lag: accepted - booked, num_pagamentos_total: booked })
    if (faults.loseEvery) {
      expect(results.lag.lag).toBeGreaterThan(0)
      // A request that is never answered counts as failed, and its user goes on after it.
      expect(results.pagamentos_solicitados.qtd_falha).toBeGreaterThan(2)
    }
  })

  test('payments that an earlier run left under way arrive before the books are purged, and are not counted', async () => {
    const cluster = await TestCluster.start()
    const leftover = () => cluster.default.model.books.record(randomBytes(16), 2005, Date.now())
    leftover()
    const run = play(cluster, quick, 'leftover')
    // The command has read what the cluster holds, and waits until no payment has arrived for 5.5 s.
    await until(() => cluster.windows.length === 2, 'it has asked what there is')
    await sleep(1000)
    leftover()
    const { stderr, results } = await run
    expect(stderr).toContain('the cluster holds 1 payment; a purge forgets them, here and at both processors')
    expect(stderr).toContain('an earlier run have landed')
    expect(results.lag.lag).toBe(0)
  })

  test("the preview's rule takes the backend's books and lets errors of opposite sign cancel", async () => {
    const preview = {
      ...quick,
      audit: { ...quick.audit, inconsistency: 'abs-of-sum' },
      totals: { ...quick.totals, source: 'backend' },
    }
    const { results, stdout } = await play(
      await TestCluster.start({ shiftCount: 3 }),
      preview,
      'preview-rule',
    )
    expect(results.multa.composicao.num_inconsistencias).toBe(0)
    expect(results.lag.lag).toBe(0)
    expect(stdout).toContain('by the books of the backend')
  })
})

test('no load process outlives its run', () => {
  expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap')
})

test('an interrupt ends the run with 130, heals the processors and leaves no process', {
  timeout: 20_000,
}, async () => {
  const cluster = await TestCluster.start()
  const file = join(folder, 'interrupt.json')
  const stage = { atSeconds: 0.2, default: { delayMs: 900, failing: true }, fallback: { delayMs: 800 } }
  await writeFile(file, JSON.stringify({ ...quick, stages: [stage] }))
  const script = `import(${JSON.stringify(new URL('./command.ts', import.meta.url).href)})
    .then(({ score }) => score.run(process.argv.slice(1))).then(code => process.exit(code))`
  const tsx = createRequire(import.meta.url).resolve('tsx')
  const child = spawn(
    process.execPath,
    ['--import', tsx, '--input-type=module', '-e', script, '--', '--schedule', file, ...cluster.argv],
    // A group of its own, as a terminal makes one: Ctrl-C reaches every process of it.
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  await until(() => cluster.default.model.failing)
  process.kill(-Number(child.pid), 'SIGINT')
  process.kill(-Number(child.pid), 'SIGINT')
  const [code] = await once(child, 'exit')
  expect(stderr).toContain('interrupted')
  expect(code).toBe(130)
  const { delayMs, failing } = cluster.default.model
  expect([delayMs, failing, cluster.fallback.model.delayMs]).toEqual([0, false, 0])
  // The group outlives its leader while any process of it is there.
  await until(() => !groupExists(Number(child.pid)))
  await cluster.stop()
})

test('a processor that refuses the token ends the run before anything is purged', async () => {
  const cluster = await TestCluster.start()
  const { code, stderr } = await outcomeOf(
    score,
    ...['--schedule', 'preview', '--token', 'wrong', ...cluster.argv],
  )
  await cluster.stop()
  expect(code).toBe(1)
  expect(stderr).toContain('set --token')
  expect(cluster.purgedCount).toBe(0)
})

test('a cluster that holds payments of others is left alone, unless it is told to forget them', async () => {
  const cluster = await TestCluster.start()
  cluster.default.model.books.record(randomBytes(16), 2005, Date.now())
  const { code, stderr } = await outcomeOf(score, '--schedule', 'preview', ...cluster.argv)
  await cluster.stop()
  expect(code).toBe(1)
  expect(stderr).toContain('the cluster holds 1 payment; a purge forgets them, here and at both processors')
  expect(stderr).toContain('nothing was purged and nothing was played; --yes purges without asking')
  expect([cluster.purgedCount, cluster.default.model.books.count, cluster.settings]).toEqual([0, 1, []])
})

test.each([
  ['an unknown option', ['--schedule', 'preview', '--vuss', '5'], ['--vuss', 'did you mean --vus?']],
  ['a missing schedule', [], ['--schedule is missing: preview, final or the path of a file']],
  ['a schedule that is no file', ['--schedule', '/nowhere/x'], ['"/nowhere/x"', 'ENOENT', 'preview, final']],
  ['too few users', ['--schedule', 'preview', '--vus', '0'], ['--vus "0"', '1 to 5000']],
  ['a scale that stretches', ['--schedule', 'preview', '--scale', '2'], ['--scale "2"', '0.05 to 1']],
  [
    'a path',
    ['--schedule', 'preview', '--backend', 'http://x/y'],
    ['--backend "http://x/y"', 'without a path'],
  ],
  ['a folder that is not there', ['--schedule', 'preview', '--json', '/nowhere/x'], ['--json', '/nowhere']],
  ['a stray word', ['preview'], ['"preview" is one word too many', '--schedule is missing']],
  ['a missing value', ['--schedule', 'preview', '--vus'], ['--vus needs a value']],
])('%s is refused with its name and what is allowed', async (_name, argv, said) => {
  const { code, stderr } = await outcomeOf(score, ...argv)
  expect(code).toBe(2)
  for (const text of said) expect(stderr).toContain(text)
})

test('help names every option', () => {
  for (const name of [
    'schedule',
    'vus',
    'scale',
    'backend',
    'default',
    'fallback',
    'token',
    'json',
    'report',
    'no-report',
    'admin',
    'participant',
    'yes',
    'start',
  ])
    expect(score.help).toMatch(new RegExp(`^  --${name} `, 'm'))
})

function groupExists(leaderPid: number): boolean {
  try {
    return process.kill(-leaderPid, 0)
  } catch {
    return false
  }
}
