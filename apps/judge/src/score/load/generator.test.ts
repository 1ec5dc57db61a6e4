import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { listen } from '@rinha/testing'
import { expect, test } from 'vitest'
import { correlationIdOf } from '../../k6/wire.ts'
import { LoadGenerator } from './generator.ts'
import type { LoadPlan, LoadTick } from './messages.ts'

interface Seen {
  readonly origin: string
  /** When each request came, and on which connection. */
  readonly arrivals: { readonly atMs: number; readonly port: number | undefined; readonly body: string }[]
  connectionCount: number
}

/** A backend that takes `answerMs` to answer 202. */
async function serve(answerMs: number): Promise<Seen> {
  const arrivals: Seen['arrivals'] = []
  const seen: Seen = { origin: '', arrivals, connectionCount: 0 }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', text => {
      body += text
    })
    request.on('end', () => {
      arrivals.push({ atMs: performance.now(), port: request.socket.remotePort, body })
      setTimeout(() => response.writeHead(202).end(), answerMs)
    })
  })
  server.on('connection', () => {
    seen.connectionCount += 1
  })
  return Object.assign(seen, { origin: `http://127.0.0.1:${await listen(server)}` })
}

function planFor(seen: Seen, change: Partial<LoadPlan>): LoadPlan {
  return {
    backendOrigin: seen.origin,
    run: '0123456789abcdef0123',
    amountCents: 1990,
    vusMax: 4,
    ramp: [
      { atMs: 0, part: 1 },
      { atMs: 300, part: 1 },
    ],
    thinkTimeMs: 50,
    clientTimeoutMs: 20_000,
    ...change,
  }
}

async function play(plan: LoadPlan): Promise<LoadTick & { readonly tookMs: number }> {
  const startedAtMs = performance.now()
  let generator: LoadGenerator | undefined
  await new Promise<void>(resolve => {
    generator = new LoadGenerator(plan, resolve)
    generator.start()
  })
  const tick = generator?.tick()
  if (tick === undefined) throw new Error('no generator')
  return { ...tick, tookMs: performance.now() - startedAtMs }
}

test('each user posts, waits for the answer and sleeps, one connection each', async () => {
  const seen = await serve(50)
  const { acceptedCount, failedCount, latenciesMs } = await play(planFor(seen, {}))
  // 300 ms are three rounds of 50 ms waiting and 50 ms sleeping; a busy machine makes fewer of them.
  expect(acceptedCount).toBeGreaterThanOrEqual(4)
  expect(acceptedCount).toBeLessThanOrEqual(12)
  expect(failedCount).toBe(0)
  expect(seen.arrivals).toHaveLength(acceptedCount)
  expect(seen.connectionCount).toBe(4)
  expect(latenciesMs).toHaveLength(acceptedCount)
  for (const latencyMs of latenciesMs) expect(latencyMs).toBeGreaterThan(48)
  for (const { port } of seen.arrivals) {
    const own = seen.arrivals.filter(arrival => arrival.port === port).map(arrival => arrival.atMs)
    for (let turn = 1; turn < own.length; turn += 1)
      expect((own[turn] ?? 0) - (own[turn - 1] ?? 0)).toBeGreaterThan(95)
  }
})

test('every payment has an id of its own and the amount to the cent', async () => {
  const seen = await serve(0)
  await play(planFor(seen, { amountCents: 2005 }))
  const payments = seen.arrivals.map(arrival => JSON.parse(arrival.body))
  for (const { amount } of payments) expect(amount).toBe(20.05)
  expect(new Set(payments.map(({ correlationId }) => correlationId)).size).toBe(payments.length)
  expect(payments[0].correlationId).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
})

test('the ids are known by their numbers, and when each was posted', async () => {
  const seen = await serve(0)
  const { postedAtMs, acceptedCount } = await play(planFor(seen, {}))
  const ids = seen.arrivals.map(arrival => JSON.parse(arrival.body).correlationId)
  const known = Array.from(postedAtMs, (_, index) => correlationIdOf('0123456789abcdef0123', index))
  expect(known).toHaveLength(acceptedCount)
  expect(ids.toSorted()).toEqual(known)
  expect([...postedAtMs]).toEqual([...postedAtMs].toSorted((one, other) => one - other))
})

test('the load is over only when the last iteration has ended, including its sleep', async () => {
  const seen = await serve(250)
  const ramp = [
    { atMs: 0, part: 0 },
    { atMs: 200, part: 1 },
  ]
  const { acceptedCount, tookMs } = await play(planFor(seen, { ramp, thinkTimeMs: 100 }))
  // One, then one more at each third of the ramp, on a machine that is not busy; the fourth would start at its end, and
  // does not.
  expect(acceptedCount).toBe(seen.arrivals.length)
  expect(acceptedCount).toBeLessThanOrEqual(3)
  const lastArrivalMs = Math.max(...seen.arrivals.map(arrival => arrival.atMs))
  const firstArrivalMs = Math.min(...seen.arrivals.map(arrival => arrival.atMs))
  expect(tookMs).toBeGreaterThan(lastArrivalMs - firstArrivalMs + 345)
})

test('when a ramp falls, the users above it make no requests', async () => {
  const seen = await serve(0)
  const ramp = [
    { atMs: 0, part: 1 },
    { atMs: 100, part: 1 },
    { atMs: 100, part: 0.25 },
    { atMs: 2600, part: 0.25 },
  ]
  await play(planFor(seen, { ramp }))
  const startMs = seen.arrivals[0]?.atMs ?? 0
  const late = seen.arrivals.filter(arrival => arrival.atMs > startMs + 2000)
  expect(new Set(late.map(arrival => arrival.port)).size).toBe(1)
})
