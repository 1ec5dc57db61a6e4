import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from '@rinha/base'
import { onlyShard } from '@rinha/payment'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { standbyHandlers } from '../cluster/standby-handlers.ts'
import { closeAll, configure, pay, secret, startStack, tokens, until } from '../testing.ts'
import { promtool, startNode, startPrometheus } from './testing.ts'

/** Tests the files of deploy/ for Prometheus and Grafana with Prometheus itself on a real coordinator. */

afterEach(closeAll)

const pathOf = (name: string) => fileURLToPath(new URL(`../../../../deploy/${name}`, import.meta.url))
const textOf = (name: string) => readFileSync(pathOf(name), 'utf8')
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name)

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource: { readonly uid: string }
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly datasource: unknown }[]
}
const dashboard: { readonly schemaVersion: number; readonly panels: readonly Panel[] } = JSON.parse(
  textOf('dashboard.json'),
)

/** A coordinator that has settled payments at both processors, with a journal, and an API node that has answered. */
async function startBusyStack() {
  const { admin, coordinator, node, twins } = await startStack({
    JOURNAL_DIR: join(temporaryDirectory(), 'journal'),
    PROCESSOR_ADMIN_TOKENS: 'default=123,fallback=123',
  })
  const api = await startNode({
    ...{ COORDINATOR_PORT: `${coordinator.channelPort}`, CHANNEL_SECRET: secret, NODE_NAME: 'api2' },
  })
  onTestFinished(async () => void (await api.stop()))
  const scrape = async () => (await fetch(`${admin}/metrics`)).text()
  const scrapeNode = async () => (await fetch(`http://${api.metrics}/metrics`)).text()
  pay(node, 5)
  await until(async () => /^payments\{state="settled"\} 5$/m.test(await scrape()))
  await configure(twins[0], 'failure', true)
  pay(node, 5)
  await until(async () => /^payments\{state="settled"\} 10$/m.test(await scrape()))
  const post = () =>
    fetch(`${api.origin}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ correlationId: randomUUID(), amount: 19.9 }),
    })
  expect((await post()).status).toBe(202)
  return { admin, api, node, post, scrape, scrapeNode }
}

test('promtool finds no problem in the configuration, the rules and the scraped metrics', async () => {
  await promtool(['check', 'config', pathOf('prometheus.yml')])
  await promtool(['check', 'rules', pathOf('alerts.yml')])
  const { scrape, scrapeNode } = await startBusyStack()
  await promtool(['check', 'metrics'], await scrape())
  await promtool(['check', 'metrics'], await scrapeNode())
})

test('each alert has a test that uses printed metrics, and passes it', async () => {
  const tests = textOf('alerts.test.yml')
  expect(new Set(found(tests, /^\s+- alertname: (\w+)/gm))).toEqual(
    new Set(found(textOf('alerts.yml'), /- alert: (\w+)/g)),
  )
  const { scrape, scrapeNode } = await startBusyStack()
  const standby = await standbyHandlers(() => undefined, onlyShard).getMetrics(undefined as never)
  assert('body' in standby, 'a standby has metrics')
  const printed = new Set(found((await scrape()) + (await scrapeNode()) + standby.body, /^(\w+)/gm))
  const named = found(tests, /series: '?(\w+)/g)
  expect(named.length).toBeGreaterThan(20)
  // `up` is a metric of Prometheus itself.
  expect(named.filter(name => name !== 'up' && !printed.has(name))).toEqual([])
  await promtool(['test', 'rules', pathOf('alerts.test.yml')])
})

test('Prometheus, configured as in deploy, answers every query of the dashboard, and its rules work', async () => {
  const { admin, api, node, post } = await startBusyStack()
  const tokenPath = join(temporaryDirectory(), 'token')
  writeFileSync(tokenPath, tokens.viewer)
  const config = textOf('prometheus.yml')
    .replace('rule_files: [alerts.yml]', `rule_files: [${pathOf('alerts.yml')}]`)
    .replace(
      'scrape_interval: 5s, evaluation_interval: 15s',
      'scrape_interval: 250ms, evaluation_interval: 250ms',
    )
    .replace('# authorization', 'authorization')
    .replace('viewer.token', tokenPath)
    .replace('localhost:9090', new URL(admin).host)
    .replace('targets: []', `targets: ['${api.metrics}']`)
  const prometheus = await startPrometheus(config)
  onTestFinished(async () => void (await prometheus.stop()))
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  const unanswered = async () => {
    pay(node, 1)
    await post()
    const answers = await Promise.all(
      queries.map(query => prometheus.ask<{ result: unknown[] }>('query', { query })),
    )
    return queries.filter((_, index) => answers[index]?.result.length === 0)
  }
  let left: readonly string[] = queries
  await until(async () => {
    left = await unanswered()
    return left.length === 0
  }).catch(() => expect(left).toEqual([]))
  interface Rules {
    readonly groups: readonly { readonly rules: readonly { name: string; health: string; state: string }[] }[]
  }
  const { groups } = await prometheus.ask<Rules>('rules')
  const rules = groups.flatMap(group => group.rules)
  expect(rules.length).toBeGreaterThan(9)
  expect(rules.filter(({ health, state }) => health !== 'ok' || state === 'firing')).toEqual([])
})

test('the dashboard has a schema that Grafana reads, and its panels do not overlap', () => {
  const { schemaVersion, panels } = dashboard
  // From 37 on Grafana migrates; 42 is the newest there is in Grafana 12.
  expect([37 <= schemaVersion, schemaVersion <= 42]).toEqual([true, true])
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  for (const { title, datasource, targets } of panels) {
    expect(datasource, title).toMatchObject({ type: 'prometheus', uid: `$\{datasource}` })
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length)
    for (const target of targets) expect(target.datasource, title).toEqual(datasource)
  }
})
