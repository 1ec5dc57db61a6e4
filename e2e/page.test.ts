import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPage, pageAddress, startBrowser } from './testing/browser.ts'
import { type RunningCluster, startCluster } from './testing/cluster-process.ts'
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

/** What axe finds wrong, each with the first place. */
async function wrongForReaders(page: Page): Promise<readonly string[]> {
  // As the console would: the page's policy allows no script of ours in it.
  await page.evaluate(axe.source)
  const told = "violations.map(({ id, nodes }) => id + ': ' + nodes[0].html)"
  return page.evaluate(`axe.run().then(({ violations }) => ${told})`)
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
