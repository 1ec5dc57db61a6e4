import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPage, pageAddress, startBrowser, wrongForReaders } from './testing/browser.ts'
import { descendants, type RunningCluster, startCluster } from './testing/cluster-process.ts'
import { configure, SteadyLoad } from './testing/steady-load.ts'

/** The operator's page in Debian's Chromium, against a whole cluster under load. */

let browser: Browser
let cluster: RunningCluster
let load: SteadyLoad

beforeAll(async () => {
  browser = await startBrowser()
  cluster = await startCluster({ LOG_LEVEL: 'error' })
  await configure(cluster.ports.defaultPort, 'delay', { delay: 20 })
  load = new SteadyLoad(cluster.public('/payments'), 100)
})

afterAll(async () => {
  await load?.stop()
  await browser?.close()
  cluster?.program.signal('SIGINT')
  await cluster?.program.exit
})

/** With the operator's token, as npm start prints it. */
const address = () => pageAddress(cluster.ports.adminPort)

/** The picture of a chart, as it is now. */
const picture = (page: Page, index: number) =>
  page
    .locator('.chart canvas')
    .nth(index)
    .evaluate(canvas => (canvas as unknown as { toDataURL(): string }).toDataURL())

async function stateOf(id: string): Promise<unknown> {
  const report = (await (await fetch(cluster.public(`/payments/${id}`))).json()) as { state?: string }
  return report.state
}

test.each(['light', 'dark'] as const)(
  '%s: charts move, numbers count, nothing is wrong',
  async colorScheme => {
    const { page, problems } = await openPage(browser, address(), { colorScheme })
    await page.locator('[data-link=live]').waitFor()
    await page.locator('[data-figure=Settled]', { hasText: /[1-9]\d*\/s/ }).waitFor()
    const before = [await picture(page, 0), await picture(page, 1)]
    await expect.poll(() => picture(page, 0)).not.toBe(before[0])
    await expect.poll(() => picture(page, 1)).not.toBe(before[1])
    expect(await wrongForReaders(page)).toEqual([])
    expect(problems).toEqual([])
    await page.context().close()
  },
)

test('a rejected payment is resubmitted by a button that asks first, by keyboard alone', async () => {
  const { defaultPort } = cluster.ports
  await configure(defaultPort, 'fault', { paymentStatus: 400, paymentPercent: 20 })
  const { page, problems } = await openPage(browser, address())
  const rejected = page.locator('[aria-label=Rejected] tbody tr')
  await rejected.first().waitFor()
  await configure(defaultPort, 'fault', {})
  const id = (await rejected.first().locator('.id').textContent()) ?? ''
  await rejected.first().getByRole('button', { name: 'Resubmit' }).press('Enter')
  const dialog = page.getByRole('dialog')
  expect(await wrongForReaders(page)).toEqual([])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await stateOf(id)).toBe('rejected')
  await rejected.first().getByRole('button', { name: 'Resubmit' }).press('Enter')
  await dialog.getByRole('button', { name: 'Resubmit' }).press('Enter')
  await expect.poll(() => stateOf(id)).toBe('settled')
  await page.locator(`[aria-label="Audit log"] td:has-text("${id}")`).waitFor()
  await page.getByRole('button', { name: 'Resubmit all' }).click()
  await dialog.getByRole('button', { name: 'Resubmit' }).click()
  await page.getByText('Nothing waits for a person.').waitFor()
  expect(problems).toEqual([])
  await page.context().close()
})

test('a coordinator that is killed shows as stale, and the page goes on with the next one', async () => {
  const { page, problems } = await openPage(browser, address())
  await page.locator('[data-link=live]').waitFor()
  const pid = descendants(cluster.program.pid).find(each =>
    readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('coordinator.mjs'),
  )
  process.kill(pid ?? 0, 'SIGSTOP')
  await page.locator('[data-link=stale]').waitFor()
  await page.getByText(/^Stale: nothing has been heard from the coordinator since \d\d:\d\d:\d\d/).waitFor()
  process.kill(pid ?? 0, 'SIGKILL')
  await page.locator('[data-link=live]').waitFor()
  await page.locator('[data-figure=Settled]', { hasText: /[1-9]\d*\/s/ }).waitFor()
  // The browser says itself that nobody answered meanwhile.
  expect(problems.filter(problem => !problem.includes('net::ERR_'))).toEqual([])
  await page.context().close()
})
