import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestCluster } from '../../apps/judge/src/score/testing.ts'
import { temporaryDirectory } from '../../packages/testing/src/index.ts'
import {
  descendants,
  judgePath,
  Program,
  type RunningCluster,
  startCluster,
  survivors,
} from '../testing/cluster-process.ts'

const k6IsMissing = spawnSync('k6', ['version']).error !== undefined

/** 8 s of up to 12 users: both processors are used, as the default fails for 2 s. */
const short = {
  name: 'short',
  amount: '20.05',
  vusMax: 12,
  ramp: [
    { atSeconds: 0, part: 0 },
    { atSeconds: 2, part: 1 },
    { atSeconds: 8, part: 1 },
  ],
  thinkTimeMs: 200,
  clientTimeoutMs: 1500,
  fees: { default: '0.05', fallback: '0.15' },
  audit: { everyMs: 2000, lookBackMs: 5000, guardMs: 1500, inconsistency: 'sum-of-abs' },
  totals: { source: 'processors', lookBackMs: 60_000 },
  bonus: { p99MsBelow: 11, perMs: '0.02' },
  fine: '0.35',
  stages: [{ atSeconds: 4, default: { delayMs: 20 }, fallback: { delayMs: 7 } }],
}

if (k6IsMissing) {
  test('k6 is installed', ({ skip }) => {
    if (process.env.CI === 'true') throw new Error('k6 is not on the PATH, and CI=true')
    skip('k6 is not on the PATH: the runs in k6 are not tested')
  })
}

describe.skipIf(k6IsMissing)('npm run score:k6', () => {
  let cluster: RunningCluster
  const directory = temporaryDirectory()

  beforeAll(async () => {
    writeFileSync(join(directory, 'short.json'), JSON.stringify(short))
    cluster = await startCluster()
  })

  afterAll(async () => {
    cluster?.program.signal('SIGTERM')
    await cluster?.program.exit
  })

  const scoreK6 = (...args: readonly string[]) =>
    new Program(process.execPath, [
      ...[judgePath, 'score-k6', '--yes', '--schedule', join(directory, 'short.json')],
      ...['--backend', cluster.public(''), '--admin', `http://localhost:${cluster.ports.adminPort}`],
      '--no-report',
      ...['--default', `http://localhost:${cluster.ports.defaultPort}`],
      ...['--fallback', `http://localhost:${cluster.ports.fallbackPort}`],
      ...args,
    ])

  /** The fallback's delay, measured with a payment: the coordinator uses up the calls that its health endpoint allows. */
  const fallbackMs = async (): Promise<number> => {
    const startMs = performance.now()
    await fetch(`http://localhost:${cluster.ports.fallbackPort}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ correlationId: randomUUID(), amount: 1, requestedAt: new Date().toISOString() }),
    })
    return performance.now() - startMs
  }

  test('plays a schedule in k6, against one node and then the whole cluster, and ends with both p99s and the official JSON', async () => {
    const file = join(directory, 'results.json')
    const program = scoreK6('--json', file, '--against', `node1=${cluster.node(0, '')}`)
    expect(await program.exit, program.output).toBe(0)
    const results = JSON.parse(readFileSync(file, 'utf8'))
    const accepted = results.pagamentos_solicitados.qtd_sucesso
    // 12 users at 5 posts a second for 6 s, and the ramp's half of 2 s, less what latency takes.
    expect(accepted).toBeGreaterThan(300)
    expect(accepted).toBeLessThanOrEqual(440)
    expect(results).toMatchObject({
      participante: 'anonymous',
      p99: { valor: expect.stringMatching(/^[\d.]+ms$/), max_requests: '12' },
      multa: { composicao: { num_inconsistencias: 0 } },
      caixa_dois: { detectado: false },
      lag: { lag: 0, num_pagamentos_total: accepted },
      pagamentos_solicitados: { qtd_falha: 0 },
    })
    expect(results.total_bruto).toBeCloseTo(accepted * 20.05, 6)
    expect(Number.parseFloat(results.p99.valor)).toBeGreaterThan(0)
    for (const words of [
      'in 0 of 4 audits',
      'users · ',
      's left',
      'p99 of node1',
      'p99 / node1',
      'Containers were not',
    ])
      expect(program.output).toContain(words)
  })

  test.each<readonly [name: string, signal: (program: Program) => void]>([
    [
      'Ctrl-C, which reaches k6 too, and under npm arrives twice',
      program => {
        program.signalGroup('SIGINT')
        program.signalGroup('SIGINT')
      },
    ],
    ['a SIGTERM to the command alone', program => program.signal('SIGTERM')],
  ])(
    'ends on %s with 130, k6 gone and the processors healed',
    async (_name, signal) => {
      const slow = join(directory, 'slow.json')
      const stage = { atSeconds: 1, default: { delayMs: 0 }, fallback: { delayMs: 800 } }
      writeFileSync(slow, JSON.stringify({ ...short, stages: [stage] }))
      const program = scoreK6('--schedule', slow)
      await program.said('playing short')
      await expect.poll(fallbackMs, { timeout: 20_000 }).toBeGreaterThanOrEqual(800)
      const processes = descendants(program.pid)
      expect(processes).not.toEqual([])
      signal(program)
      // A run that was not interrupted would end with 0.
      expect(await program.exit, program.output).toBe(130)
      expect(program.output).toContain('interrupted; the processors have no delay and no failure again')
      expect(await survivors(processes, 2000)).toEqual([])
      await expect.poll(fallbackMs, { timeout: 20_000 }).toBeLessThan(800)
    },
    60_000,
  )

  test('counts refused and unanswered requests, each with its cause', async () => {
    const testCluster = await TestCluster.start({ refuseEvery: { every: 10, status: 503 }, hangEvery: 25 })
    try {
      const program = scoreK6(...testCluster.argv)
      expect(await program.exit, program.output).toBe(0)
      expect(program.output).toMatch(/ failed +\d+ +(503: \d+, timeout: \d+|timeout: \d+, 503: \d+)\n/)
      expect(program.output).toContain(`"qtd_sucesso": ${testCluster.correlationIds.size},`)
    } finally {
      await testCluster.stop()
    }
  })

  test('says that the processor refuses the token before anything is played', async () => {
    const program = scoreK6('--token', 'wrong')
    expect(await program.exit).toBe(1)
    expect(program.output).toContain('refuses the token: set --token')
    expect(program.output).not.toContain('playing short')
  })
})
