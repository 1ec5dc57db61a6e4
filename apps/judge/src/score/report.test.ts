import { expect, test } from 'vitest'
import type { Measured } from './closing.ts'
import { officialSchedules } from './official-schedules.ts'
import { partialResults } from './partial-results.ts'
import { progressLine, scoreTable } from './report.ts'
import { scoreOf } from './scoring.ts'

const { final } = officialSchedules
const totals = {
  default: { count: 52_945, amountCents: 52_945 * 2005 },
  fallback: { count: 37_646, amountCents: 37_646 * 2005 },
}
const winner: Measured = {
  counts: { acceptedCount: 90_591, failedCount: 0, totals, p99Ms: 2.5478, inconsistencyCount: 0 },
  failures: {},
  audits: [],
  books: { backend: totals, processors: totals },
  warnings: [],
}

test('the table shows each part of the score', () => {
  const lines = scoreTable(final, winner, scoreOf(winner.counts, final)).split('\n')
  expect(lines.map(line => line.replace(/ {2,}/g, '  '))).toEqual([
    'final: 603 users over 300 s',
    '',
    '  accepted  90,591',
    '  failed  0',
    '  default  52,945  fee 7 %',
    '  fallback  37,646  fee 10 %',
    '  lag  0  accepted and not counted',
    '  gross  1,816,349.55  by the books of the processors',
    '  fees  -149,788.54',
    '  net  1,666,561.01',
    '  p99  2.55 ms',
    '  bonus  283,315.37  17 %',
    '  inconsistencies  0  in 0 of 0 audits',
    '  fine  0.00  0 %',
    '  score  1,949,876.38',
    '',
    'Books at the end (default + fallback): backend 52,945 + 37,646, processors 52,945 + 37,646.',
    '',
  ])
})

test('the results have the fields of the official file and no others but a timestamp', () => {
  const results = partialResults(
    'ana',
    final,
    winner.counts,
    scoreOf(winner.counts, final),
    '2025-08-09T21:19:56.123Z',
  )
  const names = Object.entries(results).map(([name, value]) =>
    typeof value === 'object' ? `${name}: ${Object.keys(value).join(' ')}` : name,
  )
  expect(names).toEqual([
    'timestamp',
    'participante',
    'total_liquido',
    'total_bruto',
    'total_taxas',
    'descricao',
    'p99: valor bonus max_requests descricao',
    'multa: porcentagem total composicao',
    'caixa_dois: detectado descricao',
    'lag: num_pagamentos_total num_pagamentos_solicitados lag descricao',
    'pagamentos_solicitados: qtd_sucesso qtd_falha descricao',
    'pagamentos_realizados_default: total_bruto num_pagamentos total_taxas descricao',
    'pagamentos_realizados_fallback: total_bruto num_pagamentos total_taxas descricao',
  ])
  expect(results.p99).toMatchObject({ valor: '2.55ms', bonus: '17%', max_requests: '603' })
  expect(Object.keys(results.multa.composicao)).toEqual(['num_inconsistencias', 'descricao'])
})

test('the progress line shows the rate since the line before', () => {
  const common = { vus: 10, failedCount: 1, latenciesMs: [1, 2, 3], audits: [] }
  const before = { ...common, elapsedMs: 4000, acceptedCount: 100 }
  const line = progressLine(final, before, { ...common, elapsedMs: 6000, acceptedCount: 150 })
  expect(line).toBe('  6/300 s · 10 users · 150 accepted · 1 failed · 25/s · p99 2.98 ms · 0 inconsistencies')
})
