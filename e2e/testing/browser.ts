import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { foundAdminToken } from '../../packages/local-cluster/src/index.ts'

/** Debian's Chromium, unless another one is named. */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

export async function startBrowser(): Promise<Browser> {
  if (!existsSync(executablePath))
    throw new Error(
      `there is no Chromium at ${executablePath}: apt-get install --yes chromium, or name another one in CHROMIUM_PATH`,
    )
  // Chromium has no sandbox for root, and the pages are our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** The page of a cluster that was started here, with its operator's token. */
export function pageAddress(adminPort: number): string {
  return `http://localhost:${adminPort}/#token=${foundAdminToken(adminPort)}`
}

export interface OpenPage {
  readonly page: Page
  /** Errors of the console and of scripts, and requests that left the host. */
  readonly problems: string[]
}

/**
 * Opens a page in a session of its own, and collects its problems. Chromium drops requests whenever the machine gets another network,
 * which tests of containers make; the page asks again.
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ locale: 'en', ...options })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(`script: ${error.message}`))
  page.on('console', message => {
    const isOfPage = !message.text().includes('ERR_NETWORK_CHANGED')
    if (message.type() === 'error' && isOfPage)
      problems.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('request', request => {
    const { protocol, host } = new URL(request.url())
    if (protocol !== 'data:' && host !== new URL(url).host) problems.push(`request: ${request.url()}`)
  })
  await page.goto(url)
  return { page, problems }
}

/** The color schemes and widths in which each page is tested, as arguments of `test.each`. */
export const readerForms = [
  ['light', 1100],
  ['dark', 1100],
  ['light', 400],
] as const

/** Expects that axe finds no problem, and that no content is wider than the page. */
export async function expectReadable(page: Page, width: number): Promise<void> {
  expect(await wrongForReaders(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
}

/** The problems that axe finds, each with its first place. */
export async function wrongForReaders(page: Page): Promise<readonly string[]> {
  // axe runs as a script typed into the console would, because the page's policy allows no added script.
  await page.evaluate(axe.source)
  const told = "violations.map(({ id, nodes }) => id + ': ' + nodes[0].html)"
  return page.evaluate(`axe.run().then(({ violations }) => ${told})`)
}
