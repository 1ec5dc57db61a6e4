import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../packages/testing/src/index.ts'
import { judgePath, Program, type RunningCluster, startCluster } from './testing/cluster-process.ts'

let cluster: RunningCluster
const directory = temporaryDirectory()

beforeAll(async () => {
  cluster = await startCluster()
})

afterAll(async () => {
  cluster?.program.signal('SIGTERM')
  await cluster?.program.exit
})

test('a shortened preview run ends with a score, consistent books and the official JSON', async () => {
  const file = join(directory, 'partial-results.json')
  const { ports } = cluster
  const program = new Program(process.execPath, [
    ...[judgePath, 'score', '--schedule', 'preview', '--scale', '0.1', '--vus', '30', '--json', file],
    ...['--backend', cluster.public(''), '--admin', `http://localhost:${ports.adminPort}`, '--no-report'],
    ...['--default', `http://localhost:${ports.defaultPort}`],
    ...['--fallback', `http://localhost:${ports.fallbackPort}`],
  ])
  expect(await program.exit, program.output).toBe(0)
  const results = JSON.parse(readFileSync(file, 'utf8'))
  expect(results).toMatchObject({
    participante: 'anonymous',
    total_liquido: expect.any(Number),
    total_bruto: expect.any(Number),
    total_taxas: expect.any(Number),
    p99: { max_requests: '30' },
    caixa_dois: { detectado: false },
  })
  expect(results.multa.composicao.num_inconsistencias, program.output).toBe(0)
  const taken =
    results.pagamentos_realizados_default.num_pagamentos +
    results.pagamentos_realizados_fallback.num_pagamentos
  expect(taken).toBeGreaterThan(0)
  expect(results.lag.lag).toBe(results.pagamentos_solicitados.qtd_sucesso - taken)
  expect(results.pagamentos_solicitados.qtd_falha).toBe(0)
})

/** The same command on a pseudo terminal, where `answer` is typed. `script` is of util-linux (Debian: bsdutils). */
function typed(answer: string): Program {
  const { ports } = cluster
  const line = [
    ...[process.execPath, judgePath, 'score', '--schedule', 'preview', '--scale', '0.05', '--vus', '5'],
    ...['--backend', cluster.public(''), '--admin', `http://localhost:${ports.adminPort}`, '--no-report'],
    ...['--default', `http://localhost:${ports.defaultPort}`],
    ...['--fallback', `http://localhost:${ports.fallbackPort}`],
  ].join(' ')
  return new Program('sh', ['-c', `(sleep 4; echo ${answer}; sleep 30) | script -qec "${line}" /dev/null`], {
    ...{ CI: '', TERM: 'xterm' },
  })
}

test('on a terminal the command asks before the cluster forgets its payments, and after a no it purges none', async () => {
  const heldCount = async () => {
    const summary = await (await fetch(cluster.public('/payments-summary'))).json()
    const { default: onDefault, fallback } = summary as Record<string, { totalRequests: number }>
    return (onDefault?.totalRequests ?? 0) + (fallback?.totalRequests ?? 0)
  }
  const held = await heldCount()
  expect(held).toBeGreaterThan(5)
  const refused = typed('n')
  await refused.said('nothing was purged and nothing was played')
  expect(refused.output).toMatch(
    /the cluster holds \d+ payments.*; a purge forgets them, here and at both processors/,
  )
  expect(refused.output).toContain('Forget them all? [y/N]')
  expect(await heldCount()).toBeGreaterThanOrEqual(held)
  const allowed = typed('y')
  await allowed.said('"total_liquido"')
  expect(await heldCount()).toBeLessThan(held)
  for (const program of [refused, allowed]) program.signalGroup('SIGKILL')
}, 60_000)
