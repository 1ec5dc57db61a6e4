import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { audit } from './audit.ts'
import type { AuditRule } from './schedule.ts'
import { Backend, Processor, type TargetOrigins, type Targets } from './targets.ts'
import { TestCluster } from './testing.ts'

const rule: AuditRule = { everyMs: 1000, lookBackMs: 15_000, guardMs: 1500, inconsistency: 'sum-of-abs' }
const nowMs = Date.parse('2025-08-09T21:20:00.000Z')

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A long timeout, for tests that do not measure time. */
function targetsOf(origins: TargetOrigins, timeoutMs = 20_000): Targets & { readonly latenciesMs: number[] } {
  const latenciesMs: number[] = []
  const onLatency = (latencyMs: number) => latenciesMs.push(latencyMs)
  const targets = {
    backend: new Backend(origins.backend, timeoutMs, onLatency),
    default: new Processor('default', origins.default, timeoutMs, '123', onLatency),
    fallback: new Processor('fallback', origins.fallback, timeoutMs, '123', onLatency),
  }
  cleanups.push(...Object.values(targets).map(target => () => target.close()))
  return { ...targets, latenciesMs }
}

async function booked(atMs: readonly number[]): Promise<TestCluster> {
  const cluster = await TestCluster.start()
  cleanups.push(() => cluster.stop())
  for (const requestedAtMs of atMs) cluster.default.model.books.record(randomBytes(16), 1990, requestedAtMs)
  return cluster
}

/** Proxies that hold requests back until `requestCount` of them have come. */
async function together(origins: TargetOrigins, requestCount: number): Promise<TargetOrigins> {
  let release = () => {}
  const all = new Promise<void>(resolve => {
    release = resolve
  })
  let count = 0
  const before = async (origin: string) => {
    const server: Server = createServer(async ({ url, headers }, response) => {
      count += 1
      if (count === requestCount) release()
      await all
      const token = { 'x-rinha-token': String(headers['x-rinha-token']) }
      response.end(await (await fetch(`${origin}${url}`, { headers: token })).text())
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  return {
    backend: await before(origins.backend),
    default: await before(origins.default),
    fallback: await before(origins.fallback),
  }
}

test('the window ends a guard ago, starts a look-back ago, and holds both its ends', async () => {
  const [fromMs, toMs] = [nowMs - 15_000, nowMs - 1500]
  const cluster = await booked([fromMs - 1, fromMs, toMs, toMs + 1])
  const found = await audit(targetsOf(cluster.origins), rule, nowMs)
  expect(found).toMatchObject({
    fromMs,
    toMs,
    backend: { default: 2, fallback: 0 },
    processors: { default: 2, fallback: 0 },
    inconsistencyCount: 0,
    missing: [],
  })
  expect(cluster.windows[0]).toMatchObject({
    from: '2025-08-09T21:19:45.000Z',
    to: '2025-08-09T21:19:58.500Z',
  })
})

test('the three books are read at the same time, and each read is measured', async () => {
  const { origins } = await booked([])
  const targets = targetsOf(await together(origins, 3))
  expect((await audit(targets, rule, nowMs)).missing).toEqual([])
  expect(targets.latenciesMs).toHaveLength(3)
})

test('a book that cannot be read in time counts as empty, and is named', async () => {
  const { origins } = await booked([nowMs - 5000])
  const targets = targetsOf(await together(origins, 4), 300)
  const found = await audit(targets, rule, nowMs)
  expect(found.missing).toEqual([
    'default processor: no answer within 300 ms',
    'fallback processor: no answer within 300 ms',
    'backend: no answer within 300 ms',
  ])
  expect(found.inconsistencyCount).toBe(0)
  expect(targets.latenciesMs).toEqual([])
})

test('a backend that is gone differs by all that the processors hold', async () => {
  const cluster = await booked([nowMs - 5000, nowMs - 6000])
  const targets = targetsOf(cluster.origins)
  const gone = { ...targets, backend: new Backend('http://127.0.0.1:1', 20_000, () => {}) }
  const found = await audit(gone, rule, nowMs)
  expect(found.inconsistencyCount).toBe(2)
  expect(found.missing).toEqual(['backend: ECONNREFUSED'])
  await gone.backend.close()
})
