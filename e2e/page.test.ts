import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { foundAdminToken } from '../packages/local-cluster/src/index.ts'
import { temporaryDirectory } from '../packages/testing/src/index.ts'
import { BareCluster } from './testing/bare-cluster.ts'
import { openPage, pageAddress, startBrowser, wrongForReaders } from './testing/browser.ts'
import { descendants, type RunningCluster, startCluster } from './testing/cluster-process.ts'
import { configure, SteadyLoad } from './testing/steady-load.ts'

/** The operator's page in Debian's Chromium, against a whole cluster under load. */

let browser: Browser
let cluster: RunningCluster
let load: SteadyLoad

beforeAll(async () => {
  browser = await startBrowser()
  // A coordinator that is killed is one without a journal: payments wait for this and 5 s after the next one's start.
  cluster = await startCluster({ LOG_LEVEL: 'error', ATTEMPT_TIMEOUT_MS: '3000' })
  await configure(cluster.ports.defaultPort, 'delay', { delay: 20 })
  load = new SteadyLoad(cluster.public('/payments'), 100)
})

afterAll(async () => {
  await load?.stop()
  await browser?.close()
  cluster?.program.signal('SIGINT')
  await cluster?.program.exit
})

/** The address of the page with the operator's token, as npm start prints it. */
const address = () => pageAddress(cluster.ports.adminPort)

/** The last point that a chart has drawn: an instant in seconds, and its values. */
async function drawn(page: Page, index: number): Promise<readonly number[]> {
  const last = await page.locator('.chart [data-drawn]').nth(index).getAttribute('data-drawn')
  return (last ?? '').split(',').map(Number)
}

const viewerToken = 'the-token-of-a-viewer'

function tokensFile(): string {
  const path = join(temporaryDirectory(), 'tokens')
  writeFileSync(path, `victor viewer ${createHash('sha256').update(viewerToken).digest('hex')}\n`)
  return path
}

async function status(name: 'queuedCount' | 'inFlightCount' | 'settledCount'): Promise<number> {
  const { adminPort } = cluster.ports
  const headers = { authorization: `Bearer ${foundAdminToken(adminPort)}` }
  const answer = await fetch(`http://localhost:${adminPort}/queue-status`, { headers })
  return ((await answer.json()) as { [name: string]: number })[name] ?? -1
}

async function stateOf(id: string): Promise<unknown> {
  const report = (await (await fetch(cluster.public(`/payments/${id}`))).json()) as { state?: string }
  return report.state
}

test.each(['light', 'dark'] as const)(
  '%s: charts move, numbers count, and neither axe nor the console has a complaint',
  async colorScheme => {
    const { page, problems } = await openPage(browser, address(), { colorScheme })
    await page.locator('[data-link=live]').waitFor()
    await page.locator('[data-figure=Settled]', { hasText: /[1-9]\d*\/s/ }).waitFor()
    const [fromSecond = 0] = await drawn(page, 1)
    await expect.poll(async () => (await drawn(page, 0))[0]).toBeGreaterThan(fromSecond + 1)
    await expect.poll(async () => (await drawn(page, 1))[0]).toBeGreaterThan(fromSecond + 1)
    const [atSecond = 0, inPerSecond, settledPerSecond] = await drawn(page, 1)
    expect(Math.abs(atSecond - Date.now() / 1000)).toBeLessThan(5)
    expect(inPerSecond).toBeGreaterThan(20)
    expect(settledPerSecond).toBeGreaterThan(0)
    expect(await wrongForReaders(page)).toEqual([])
    expect(problems).toEqual([])
    await page.context().close()
  },
)

test('by keyboard alone, a rejected payment is resubmitted with a button that asks first', async () => {
  const { defaultPort } = cluster.ports
  await configure(defaultPort, 'fault', { paymentStatus: 400, paymentPercent: 20 })
  const { page, problems } = await openPage(browser, address())
  const rejected = page.locator('[aria-label="Table: Rejected"] tbody tr')
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
  await page.locator(`[aria-label="Table: Audit log"] td:has-text("${id}")`).waitFor()
  await page.getByLabel('correlationId').fill(id)
  await page.getByLabel('correlationId').press('Enter')
  await page
    .getByText(/settled at default with requestedAt \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC/)
    .waitFor()
  const happened = await page.locator('[aria-label="Time line"] li').allTextContents()
  expect(happened.map(words => words.replace(/^.* UTC /, '').replace(/… .* →/, '… →'))).toEqual([
    'accepted',
    expect.stringMatching(/^attempt 1 at default … → rejected/),
    'a person has put it back in the queue',
    expect.stringMatching(/^attempt 2 at default … → recorded/),
    'settled at default',
  ])
  await page.getByRole('button', { name: 'Resubmit all' }).click()
  await dialog.getByRole('button', { name: 'Resubmit' }).click()
  await page.getByText('Nothing waits for a person.').waitFor()
  expect(problems).toEqual([])
  await page.context().close()
})

test('pause stops sending, resume goes on with it, and no payment is lost', async () => {
  const { page, problems } = await openPage(browser, address())
  const act = async (name: string) => {
    await page.getByRole('button', { name: `${name} all` }).click()
    await page.getByRole('dialog').getByRole('button', { name }).click()
  }
  await page.locator('[data-link=live]').waitFor()
  await act('Pause')
  await page.locator('[data-lane=default]', { hasText: 'paused' }).waitFor()
  await expect.poll(() => status('inFlightCount')).toBe(0)
  const settled = await status('settledCount')
  await expect.poll(() => status('queuedCount')).toBeGreaterThan(100)
  expect(await status('settledCount')).toBe(settled)
  await page.locator('[data-figure=Settled]', { hasText: /^Settled0\/s/ }).waitFor()
  await page.locator('[data-figure=Queued]', { hasText: 'a person lets nothing new be sent' }).waitFor()
  await act('Resume')
  await page.locator('[data-lane=default]', { hasText: 'usable' }).waitFor()
  await expect.poll(() => status('queuedCount')).toBeLessThan(50)
  await expect.poll(async () => (await status('settledCount')) > settled + 100).toBe(true)
  const posted = load.accepted.slice(0, -50)
  const states = new Set(await Promise.all(posted.slice(-500).map(stateOf)))
  expect(states).toEqual(new Set(['settled']))
  expect(problems).toEqual([])
  await page.context().close()
})

test('a setting is changed after a question, unless somebody else has changed it meanwhile', async () => {
  const { page, problems } = await openPage(browser, address())
  const dialog = page.getByRole('dialog')
  const row = page.locator('[data-setting=GRACE_MS]')
  const ask = async (value: string) => {
    await page.getByRole('button', { name: 'Change GRACE_MS' }).click()
    await dialog.getByLabel('New value of GRACE_MS').fill(value)
  }
  const change = () => dialog.getByRole('button', { name: 'Change' }).click()
  await page.getByRole('button', { name: 'Show all' }).click()
  await ask('-5')
  expect(await wrongForReaders(page)).toEqual([])
  await change()
  await dialog.getByText('GRACE_MS is not allowed to be "-5": a whole number from 0 to 3600000').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await row.getByText('1000', { exact: true }).waitFor()
  await ask('1500')
  await change()
  await row.getByText('1500', { exact: true }).waitFor()
  await ask('2000')
  const headers = { authorization: `Bearer ${foundAdminToken(cluster.ports.adminPort)}`, 'if-match': '*' }
  await page.request.patch(`${address().split('#')[0]}settings`, { headers, data: { GRACE_MS: 1700 } })
  await row.getByText('1700', { exact: true }).waitFor()
  await change()
  await dialog.getByText('GRACE_MS is 1700 now.').waitFor()
  await row.getByText('1700', { exact: true }).waitFor()
  await change()
  await row.getByText('2000', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Take back GRACE_MS' }).click()
  await dialog.getByRole('button', { name: 'Take back' }).click()
  const history = page.locator('[aria-label="Table: Changes of settings"] tbody tr')
  await history.nth(3).waitFor()
  const changes = (await history.allTextContents()).map(text => text.split('GRACE_MS')[1])
  expect(changes).toEqual(['2000as at the start', '17002000', '15001700', 'as at the start1500'])
  // The browser itself logs that a request was refused.
  expect(problems.filter(problem => !/status of 4(00|12)/.test(problem))).toEqual([])
  await page.context().close()
})

test('a viewer is offered no button that changes something, and its request for a change is refused', async () => {
  // The coordinator of `npm start` has one token, an operator's. This one has a file with a viewer's token.
  const bare = await BareCluster.start({ ADMIN_TOKENS_FILE: tokensFile() })
  onTestFinished(() => bare.kill())
  const origin = `http://localhost:${bare.ports.adminPort}/`
  const { page, problems } = await openPage(browser, `${origin}#token=${viewerToken}`)
  await page.getByText('victor, viewer: reads only').waitFor()
  await page.locator('[data-lane=default]').waitFor()
  expect(new URL(page.url()).hash).toBe('')
  const offered = await page.getByRole('button').allTextContents()
  expect(offered.filter(name => !/^(Show all|Find|Replay the run)$/.test(name))).toEqual([])
  const headers = { authorization: `Bearer ${viewerToken}`, 'content-type': 'application/json' }
  const refused = await page.request.post(`${origin}pause`, { headers, data: {} })
  expect([refused.status(), refused.headers()['content-type']]).toEqual([403, 'application/problem+json'])
  const { entries } = await (await page.request.get(`${origin}audit`, { headers })).json()
  expect(entries).toEqual([])
  expect(problems).toEqual([])
  await page.context().close()
  const stranger = await openPage(browser, origin)
  await stranger.page.getByLabel(/token/i).waitFor()
  await stranger.page.context().close()
})

test('with a journal, a slider replays any second of the run, and the live page goes on', async () => {
  const bare = await BareCluster.start({
    ADMIN_TOKENS_FILE: tokensFile(),
    JOURNAL_DIR: temporaryDirectory(),
  })
  onTestFinished(() => bare.kill())
  const posting = new SteadyLoad(bare.nodeUrl('/payments'), 50)
  const origin = `http://localhost:${bare.ports.adminPort}/`
  const { page, problems } = await openPage(browser, `${origin}#token=${viewerToken}`)
  await page.locator('[data-figure=Settled]', { hasText: /[1-9]\d*\/s/ }).waitFor()
  await new Promise(resolve => setTimeout(resolve, 4000))
  await page.getByRole('button', { name: 'Replay the run' }).click()
  await page.locator('[data-replay]', { hasText: 'replay, not live' }).waitFor()
  const settled = async () => {
    const text = (await page.locator('[data-figure="Settled then"]').textContent()) ?? ''
    return Number(/([\d,]+) in all/.exec(text)?.[1]?.replaceAll(',', ''))
  }
  const last = await settled()
  const slider = page.getByRole('slider', { name: 'Second of the run' })
  await slider.press('Home')
  await expect.poll(settled).toBeLessThan(last / 2)
  const first = await settled()
  await slider.press('ArrowRight')
  await slider.press('ArrowRight')
  await expect.poll(settled).toBeGreaterThan(first)
  const then = await settled()
  const live = page.locator('[data-figure=In]')
  const before = await live.textContent()
  await expect.poll(() => live.textContent()).not.toBe(before)
  expect([await settled(), await wrongForReaders(page), problems]).toEqual([then, [], []])
  await posting.stop()
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
  // The browser itself logs the requests that got no answer meanwhile.
  expect(problems.filter(problem => !problem.includes('net::ERR_'))).toEqual([])
  await page.context().close()
})
