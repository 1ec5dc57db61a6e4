import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { closeAll, pay, startStack, until } from '../testing.ts'

/** The alert rules and the dashboard name what a coordinator with a journal prints, and nothing else. */

afterEach(closeAll)

const pathOf = (name: string) => fileURLToPath(new URL(`../../../../deploy/${name}`, import.meta.url))
const hasPromtool = spawnSync('promtool', ['--version']).error === undefined

async function scrape(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'metrics-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const { admin, node } = await startStack({ JOURNAL_DIR: join(directory, 'journal') })
  pay(node, 5)
  const read = async () => (await fetch(`${admin}/metrics`)).text()
  await until(async () => /^payments\{state="settled"\} 5$/m.test(await read()))
  return read()
}

/** Names of metrics, as they stand in expressions. */
const namesIn = (expressions: string[]) =>
  expressions.flatMap(
    each =>
      each
        .replace(/without \([^)]*\)/g, '')
        .match(/\b(?:payments?|processor|channel|journal|nodejs)(?:_\w+|\b)/g) ?? [],
  )

test('every metric of the alert rules and of the dashboard is one that is printed', async () => {
  const printed = new Set([...(await scrape()).matchAll(/^([a-z_0-9]+)/gm)].map(([, name]) => name))
  const rules = [...readFileSync(pathOf('alerts.yml'), 'utf8').matchAll(/expr: (.*)/g)].map(
    ([, rule]) => rule ?? '',
  )
  const { panels } = JSON.parse(readFileSync(pathOf('dashboard.json'), 'utf8')) as {
    panels: { targets: { expr: string }[] }[]
  }
  const names = namesIn([...rules, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))])
  expect(names.length).toBeGreaterThan(25)
  expect(names.filter(name => !printed.has(name))).toEqual([])
})

test.skipIf(!hasPromtool)('promtool, where there is one, finds nothing in rules and metrics', async () => {
  execFileSync('promtool', ['check', 'rules', pathOf('alerts.yml')])
  execFileSync('promtool', ['check', 'metrics'], { input: await scrape() })
})
