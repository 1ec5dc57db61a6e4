import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { officialSchedules } from '../score/official-schedules.ts'
import { reportPage } from './page.ts'
import { recordedRun } from './testing.ts'

const { preview } = officialSchedules

test('the page makes no request: no script, no address, and a policy that allows its own style alone', () => {
  const page = reportPage(recordedRun(preview))
  const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(page) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`)
  expect(page).not.toMatch(/<script|https?:|url\(|@import|style="|NaN|undefined|Infinity/)
})

test('words of a schedule or a backend are shown as text, not as markup', () => {
  const name = '<img src=x onerror="a">'
  const run = recordedRun({ ...preview, name })
  const measured = { ...run.measured, warnings: [name], failures: { [name]: 1 } }
  const page = reportPage({ ...run, measured })
  expect(page).not.toContain('<img')
  expect(page).toContain('&lt;img src=x onerror=&quot;a&quot;&gt;')
})

test('a run of which only the score is known has a page, too', () => {
  const run = recordedRun(preview)
  const looked = run.findings.looked.map(each => ({ ...each, view: { state: 'unknown' } }))
  const recording = { ...run.recording, samples: [], latencies: [], sampleProblem: 'ECONNREFUSED' }
  const page = reportPage({ ...run, recording, findings: { ...run.findings, looked } })
  expect(page).toContain('did not tell how the queue stood (ECONNREFUSED)')
  expect(page).toContain('so regret is not known')
  expect(page).not.toMatch(/NaN|undefined|Infinity/)
})
