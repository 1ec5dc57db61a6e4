import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { BareCluster } from './testing/bare-cluster.ts'
import { root } from './testing/cluster-process.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const drainMsMax = 1500
/** Each process reads its clock file many times in this period. */
const clockFollowsMs = 200

let cluster: BareCluster
let clockFile: string
afterEach(() => cluster.kill())

/** The test sets the wall clock of coordinator and node. It is right at first. */
async function start(): Promise<void> {
  clockFile = join(temporaryDirectory(), 'clock-offset-ms')
  const preload = pathToFileURL(join(root, 'dist', 'stepped-clock.worker.mjs')).href
  const clock = { NODE_OPTIONS: `--import ${preload}`, CLOCK_OFFSET_FILE: clockFile }
  // Every payment may wait for the cheaper processor. Only a step of the clock could make a payment too old to wait.
  const patience = { GRACE_MS: '60000', OUTAGE_RISK_PERCENT: '100', DRAIN_MS_MAX: `${drainMsMax}` }
  cluster = await BareCluster.start(patience, clock)
}

async function setClock(offsetMs: number): Promise<void> {
  writeFileSync(clockFile, `${offsetMs}\n`)
  await sleep(clockFollowsMs)
}

async function payForMs(durationMs: number): Promise<string[]> {
  const ids: string[] = []
  for (const untilMs = performance.now() + durationMs; performance.now() < untilMs; await sleep(20)) {
    const id = randomUUID()
    expect((await cluster.post(id, 19.9)).status).toBe(202)
    ids.push(id)
  }
  return ids
}

/** In the default processor's books: the greatest distance of a requestedAt of these payments from the instant. */
async function requestedAtsFromMs(instantMs: number, ids: readonly string[]): Promise<number> {
  const url = cluster.processorUrl('default')
  const records = ids.map(id => cluster.get<{ requestedAt: string }>(`${url}/payments/${id}`))
  const distances = (await Promise.all(records)).map(({ requestedAt }) =>
    Math.abs(Date.parse(`${requestedAt}Z`) - instantMs),
  )
  return Math.max(...distances)
}

test('a wall clock that is set back and ahead changes requestedAt, and neither delays a payment nor hurries it', async () => {
  await start()
  const before = await payForMs(500)
  await cluster.settled(before, 8000)

  await setClock(-minuteMs)
  const back = await payForMs(800)
  await cluster.settled(back, 8000)
  expect(await requestedAtsFromMs(Date.now() - minuteMs, back)).toBeLessThan(minuteMs / 4)

  // Payments that wait for the cheaper processor go on waiting when the clock is an hour ahead.
  await cluster.setFailing('default', true)
  const held = await payForMs(500)
  await setClock(hourMs)
  held.push(...(await payForMs(500)))
  expect((await cluster.books('fallback')).totalRequests).toBe(0)
  await cluster.setFailing('default', false)
  await cluster.settled(held, 8000)
  expect(await requestedAtsFromMs(Date.now() + hourMs, held.slice(-5))).toBeLessThan(minuteMs / 4)

  const { totalRequests } = await cluster.books('default')
  const onFallback = await cluster.books('fallback')
  expect(totalRequests + onFallback.totalRequests).toBe(before.length + back.length + held.length)
  for (const aroundMs of [0, -minuteMs, hourMs]) {
    const middleMs = Date.now() + aroundMs
    const window = [middleMs - minuteMs / 2, middleMs + minuteMs / 2] as const
    const theirs = {
      default: await cluster.books('default', window),
      fallback: await cluster.books('fallback', window),
    }
    expect(theirs.default.totalRequests).toBeGreaterThan(0)
    expect(await cluster.summary(window)).toEqual(theirs)
  }
})

test.each([-minuteMs, hourMs])(
  'a stop ends in time although the wall clock is set by %i ms during it',
  async stepMs => {
    await start()
    await cluster.setFailing('default', true)
    await cluster.setFailing('fallback', true)
    expect(await payForMs(300)).not.toEqual([])
    await until(async () => (await cluster.queuedCount()) > 0)
    const askedMs = performance.now()
    cluster.coordinator.signal('SIGTERM')
    await sleep(300)
    await setClock(stepMs)
    await cluster.coordinator.exit
    // The stop must not end early, either: a processor may come back until then.
    const tookMs = performance.now() - askedMs
    expect(tookMs).toBeGreaterThan(drainMsMax - 200)
    expect(tookMs).toBeLessThan(drainMsMax + 2500)
  },
)
