import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportPage } from '../apps/judge/src/run-report/page.ts'
import { recordedRun } from '../apps/judge/src/run-report/testing.ts'
import { officialSchedules } from '../apps/judge/src/score/official-schedules.ts'
import { temporaryDirectory } from '../packages/testing/src/index.ts'
import { expectReadable, type OpenPage, openPage, readerForms, startBrowser } from './testing/browser.ts'
import { judgePath, Program, startCluster } from './testing/cluster-process.ts'

const directory = temporaryDirectory()
let browser: Browser

beforeAll(async () => {
  browser = await startBrowser()
})

afterAll(() => browser?.close())

/** Opens a file in a browser that is offline. */
function open(file: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  return openPage(browser, `file://${file}`, { offline: true, ...options })
}

test('a run against a real cluster ends with a report that knows its queue, its stages and every payment', async () => {
  const cluster = await startCluster()
  const { ports } = cluster
  const file = join(directory, 'real.html')
  const program = new Program(process.execPath, [
    ...[judgePath, 'score', '--schedule', 'preview', '--scale', '0.15', '--vus', '60', '--report', file],
    ...['--backend', cluster.public(''), '--admin', `http://localhost:${ports.adminPort}`],
    ...['--default', `http://localhost:${ports.defaultPort}`],
    ...['--fallback', `http://localhost:${ports.fallbackPort}`],
  ])
  try {
    expect(await program.exit, program.output).toBe(0)
  } finally {
    cluster.program.signal('SIGTERM')
    await cluster.program.exit
  }
  expect(program.output).toContain(`Report: ${file}`)
  const accepted = /accepted +([\d,]+)/.exec(program.output)?.[1]
  const { page, problems } = await open(file)
  const text = (await page.locator('main').textContent()) ?? ''
  expect(text).toContain(`From ${accepted} payments that were looked up.`)
  expect(text).toMatch(/The coordinator was asked for its queue once a second, \d+ times\./)
  expect(await page.locator('figure svg[role=img]').count()).toBe(4)
  expect(await page.locator('path.queue.area').count()).toBeGreaterThan(0)
  expect(problems).toEqual([])
}, 90_000)

test('the report of a final with 90,000 payments opens offline in under 2 s, under its own content policy', async () => {
  const run = recordedRun(officialSchedules.final)
  expect(run.measured.counts.acceptedCount).toBeGreaterThan(90_000)
  const file = join(directory, 'final.html')
  writeFileSync(file, reportPage(run))
  expect(statSync(file).size).toBeLessThan(1_000_000)
  const startedAtMs = performance.now()
  const { page, problems } = await open(file)
  expect(performance.now() - startedAtMs).toBeLessThan(2000)
  expect(problems).toEqual([])
  // The style is applied, so its hash is the one in the policy.
  expect(await page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth")).toBe('1080px')
})

test.each(readerForms)(
  'axe finds nothing in %s at %d px, and nothing is wider than the page',
  async (colorScheme, width) => {
    const run = recordedRun(officialSchedules.preview)
    const differences = [{ id: '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3', words: 'no processor has it' }]
    const books = { default: 1, fallback: 2 }
    const audit = {
      ...{ fromMs: 0, toMs: 1, missing: [], inconsistencyCount: 1 },
      ...{ backend: books, processors: books },
    }
    const mismatches = [{ audit, lookedCount: 1, differences, lateIds: [] }]
    const measured = { ...run.measured, audits: [audit] }
    const file = join(directory, `${colorScheme}-${width}.html`)
    writeFileSync(file, reportPage({ ...run, measured, findings: { ...run.findings, mismatches } }))
    const { page } = await open(file, { colorScheme, viewport: { width, height: 900 } })
    await expectReadable(page, width)
  },
)
