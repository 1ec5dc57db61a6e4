import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../packages/testing/src/index.ts'
import { expectReadable, openPage, readerForms, startBrowser } from './testing/browser.ts'
import { judgePath, Program } from './testing/cluster-process.ts'

const directory = temporaryDirectory()
const [sound, violated] = [join(directory, 'sound.html'), join(directory, 'violated.html')]
let browser: Browser

beforeAll(async () => {
  browser = await startBrowser()
})

afterAll(() => browser?.close())

const open = (file: string, colorScheme: 'light' | 'dark' = 'light', width = 1100) =>
  openPage(browser, `file://${file}`, { offline: true, colorScheme, viewport: { width, height: 900 } })

test('a run is written as a page, and its trace is that of the run without a page', async () => {
  const simulate = async (...more: readonly string[]) => {
    const options = ['--seed', '3', '--seeds', '1', '--minutes', '0.2', '--workers', '1', ...more]
    const program = new Program(process.execPath, [judgePath, 'simulate', ...options])
    expect(await program.exit, program.output).toBe(0)
    return /trace hash +(\w+)/.exec(program.output)?.[1]
  }
  expect(await simulate('--html', sound)).toBe(await simulate())
  expect(statSync(sound).size).toBeLessThan(3_000_000)
})

test('keys make the page step, play, pause and show one payment alone', async () => {
  const { page, problems } = await open(sound)
  const clock = () => page.locator('#clock').textContent()
  expect(await clock()).toMatch(/^1 of \d+, /)
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key)
  expect(await clock()).toMatch(/^2 of /)
  await page.selectOption('#speed', '250')
  await page.locator('h1').click()
  await page.keyboard.press(' ')
  await expect.poll(async () => Number.parseInt((await clock()) ?? '', 10)).toBeGreaterThan(20)
  await page.keyboard.press(' ')
  const paused = await clock()
  await page.waitForTimeout(100)
  expect(await clock()).toBe(paused)
  await page.keyboard.press('/')
  await page.keyboard.type('9')
  const lines = page.locator('#log li')
  expect(await lines.count()).toBeGreaterThan(2)
  for (const line of await lines.allTextContents()) expect(line).toContain('(payment 9)')
  expect(await page.locator('#stage text').allTextContents()).toContain('coordinator')
  expect(problems).toEqual([])
})

test('a violation is shown, and a key goes to it', async () => {
  const mutant = 'retry elsewhere after a time-out'
  const options = [
    '--seed',
    '1',
    '--minutes',
    '0.5',
    '--workers',
    '1',
    '--mutant',
    mutant,
    '--html',
    violated,
  ]
  const program = new Program(process.execPath, [judgePath, 'simulate', ...options])
  expect(await program.exit, program.output).toBe(1)
  const { page, problems } = await open(violated)
  const told = (await page.locator('.violated').textContent()) ?? ''
  expect(told).toContain('found by the checker "once"')
  await page.keyboard.press('v')
  const here = await page.locator('#log .here').textContent()
  const [, payment] = /payment (\d+)/.exec(told) ?? []
  expect(here).toContain('VIOLATION of once')
  expect(await page.locator('#clock').textContent()).toContain(`payment ${payment}`)
  expect(problems).toEqual([])
}, 120_000)

test.each(readerForms)(
  'axe finds nothing in %s at %d px, and nothing is wider than the page',
  async (colorScheme, width) => {
    const { page } = await open(violated, colorScheme, width)
    await page.keyboard.press('v')
    await expectReadable(page, width)
  },
)
