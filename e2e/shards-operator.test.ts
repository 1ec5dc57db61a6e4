import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../packages/testing/src/index.ts'
import { expectReadable, openPage, pageAddress, readerForms, startBrowser } from './testing/browser.ts'
import { cliPath, Program, type RunningCluster, startCluster } from './testing/cluster-process.ts'

/** The operator's commands and page where payments are divided among four coordinators in one process. */
const shardCount = 4
let cluster: RunningCluster

beforeAll(async () => {
  cluster = await startCluster({ LOG_LEVEL: 'error' }, shardCount)
})

afterAll(async () => {
  cluster?.program.signal('SIGINT')
  await cluster?.program.exit
})

async function cli(...words: string[]) {
  const admin = `http://localhost:${cluster.ports.adminPort}`
  const program = new Program(process.execPath, [cliPath, ...words, '--admin', admin])
  return { code: await program.exit, output: program.output }
}

async function post(count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => randomUUID())
  for (const correlationId of ids) {
    const body = JSON.stringify({ correlationId, amount: 19.9 })
    const headers = { 'content-type': 'application/json' }
    const { status } = await fetch(cluster.public('/payments'), { method: 'POST', headers, body })
    expect(status).toBe(202)
  }
  return ids
}

/** Payments of each shard in this state. */
async function counts(name: 'queuedCount' | 'settledCount'): Promise<readonly number[]> {
  return Promise.all(
    Array.from({ length: shardCount }, async (_, index) => {
      const answer = await fetch(`http://localhost:${cluster.ports.adminPort + index}/queue-status`)
      return ((await answer.json()) as { [name: string]: number })[name] ?? -1
    }),
  )
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

test('npm run admin pauses and resumes all shards, and npm run payment finds each payment', async () => {
  const paused = await cli('admin', 'post', '/pause')
  expect(paused.code, paused.output).toBe(0)
  expect(paused.output.match(/"paused":true/g)?.length).toBe(2 * shardCount)
  const ids = await post(40)
  await until(async () => sum(await counts('queuedCount')) === 40, 'all wait')
  expect((await counts('queuedCount')).every(count => count > 0)).toBe(true)
  expect((await cli('admin', 'post', '/resume', '--body', '{"processor":"nobody"}')).code).toBe(1)
  expect((await cli('admin', 'post', '/resume')).code).toBe(0)
  await until(async () => sum(await counts('settledCount')) === 40, 'all are settled')
  for (const id of ids.slice(0, 8)) {
    const shown = await cli('payment', 'show', id)
    expect(shown.code, shown.output).toBe(0)
    expect(shown.output).toContain(id)
  }
  const changed = await cli('admin', 'patch', '/settings', '--body', '{"POLICY":"default-first"}')
  expect(changed.code, changed.output).toBe(0)
  expect(changed.output.match(/"default-first","from":"operator"/g)?.length).toBe(shardCount)
})

test('npm run reconcile compares the books with all shards', async () => {
  const compared = await cli('reconcile')
  expect(compared.code, compared.output).toBe(0)
  const theirs = [...compared.output.matchAll(/^(?:default|fallback) +(\d+) of \S+ +\1 of \S+ +0 /gm)]
  expect(sum(theirs.map(([, count]) => Number(count)))).toBe(40)
  expect(compared.output).toMatch(/^40 accepted = .* 40 settled/m)
})

test('the page says which shard it shows, in readable words, and leads to the others with the same token', async () => {
  const browser = await startBrowser()
  try {
    const { adminPort } = cluster.ports
    for (const [colorScheme, width] of readerForms) {
      const viewport = { width, height: 900 }
      const { page, problems } = await openPage(browser, pageAddress(adminPort), { colorScheme, viewport })
      const banner = page.getByRole('navigation', { name: 'Shards' })
      await banner.getByText(`Shard 0 of ${shardCount}.`).waitFor()
      await page.getByText('The books are compared with the ledgers of all shards.').waitFor()
      await expectReadable(page, width)
      if (process.env.SHOTS !== undefined)
        await page.screenshot({ path: join(process.env.SHOTS, `shard-${colorScheme}-${width}.png`) })
      expect(problems).toEqual([])
      await page.getByRole('link', { name: 'shard 3' }).click()
      await page.locator('[data-shard="3"]').waitFor()
      expect(new URL(page.url()).port).toBe(`${adminPort + 3}`)
      await page.getByRole('button', { name: 'Pause all' }).click()
      await page.getByText(`of shard 3 of ${shardCount} alone`).waitFor()
      await page.context().close()
    }
  } finally {
    await browser.close()
  }
})
