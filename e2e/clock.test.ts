import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { clusterPorts, Program, root } from './testing/cluster-process.ts'

const programs: Program[] = []
afterEach(async () => {
  for (const program of programs) program.signal('SIGKILL')
  await Promise.all(programs.splice(0).map(program => program.exit))
})

const minuteMs = 60_000
const drainMsMax = 1500
/** The processes look at the file for their clocks many times in this. */
const clockFollowsMs = 200

test('a wall clock that is set back a minute and then on an hour dates payments, and delays or hurries none', async () => {
  const cluster = await start()
  const before = await cluster.payForMs(500)
  await cluster.settled(before)
  const realMs = () => Date.now()

  await cluster.setClock(-minuteMs)
  const back = await cluster.payForMs(800)
  await cluster.settled(back)
  for (const atMs of await cluster.requestedAtsMs(back))
    expect(Math.abs(atMs - (realMs() - minuteMs))).toBeLessThan(5000)

  // What waits for the cheaper processor goes on waiting, an hour forward.
  await cluster.setFailing('default', true)
  const held = await cluster.payForMs(500)
  await cluster.setClock(60 * minuteMs)
  held.push(...(await cluster.payForMs(500)))
  expect((await cluster.books('fallback')).totalRequests).toBe(0)
  await cluster.setFailing('default', false)
  await cluster.settled(held)
  for (const atMs of await cluster.requestedAtsMs(held.slice(-5)))
    expect(Math.abs(atMs - (realMs() + 60 * minuteMs))).toBeLessThan(5000)

  const count = before.length + back.length + held.length
  expect(
    (await cluster.books('default')).totalRequests + (await cluster.books('fallback')).totalRequests,
  ).toBe(count)
  for (const aroundMs of [0, -minuteMs, 60 * minuteMs]) {
    const [fromMs, toMs] = [realMs() + aroundMs - minuteMs / 2, realMs() + aroundMs + minuteMs / 2]
    const theirs = [
      await cluster.books('default', fromMs, toMs),
      await cluster.books('fallback', fromMs, toMs),
    ]
    expect(theirs[0]?.totalRequests).toBeGreaterThan(0)
    const ours = await cluster.summary(fromMs, toMs)
    expect([ours.default, ours.fallback]).toEqual(
      theirs.map(({ totalRequests, totalAmount }) => ({ totalRequests, totalAmount })),
    )
  }
})

test.each([-minuteMs, 60 * minuteMs])(
  'a stop ends in time though the clock is set by %i ms in the middle of it',
  async stepMs => {
    const cluster = await start()
    await cluster.setFailing('default', true)
    await cluster.setFailing('fallback', true)
    const held = await cluster.payForMs(300)
    await until(async () => (await cluster.queuedCount()) > 0)
    const askedMs = performance.now()
    cluster.coordinator.signal('SIGTERM')
    await sleep(300)
    await cluster.setClock(stepMs)
    await cluster.coordinator.exit
    const tookMs = performance.now() - askedMs
    expect(held.length).toBeGreaterThan(0)
    // Not before its time, either: until then a processor may come back.
    expect(tookMs).toBeGreaterThan(drainMsMax - 200)
    expect(tookMs).toBeLessThan(drainMsMax + 2500)
  },
)

interface Totals {
  readonly totalRequests: number
  readonly totalAmount: number
}
type ProcessorName = 'default' | 'fallback'

/** The processes by themselves, so that coordinator and node have a wall clock of their own. */
async function start() {
  const ports = await clusterPorts()
  const [node = 0] = ports.nodePorts
  const clockFile = join(temporaryDirectory(), 'clock-offset-ms')
  const setClock = async (offsetMs: number) => {
    writeFileSync(clockFile, `${offsetMs}\n`)
    await sleep(clockFollowsMs)
  }
  await setClock(0)
  const preload = pathToFileURL(join(root, 'dist', 'stepped-clock.worker.mjs')).href
  const clock = { NODE_OPTIONS: `--import ${preload}`, CLOCK_OFFSET_FILE: clockFile }
  const channel = { CHANNEL_SECRET: randomUUID(), CHANNEL_PORT: `${ports.channelPort}` }
  const url = (name: ProcessorName) =>
    `http://localhost:${name === 'default' ? ports.defaultPort : ports.fallbackPort}`
  run('processor-twin', { PORT: `${ports.defaultPort}`, PROCESSOR_NAME: 'default', FEE: '0.05' })
  run('processor-twin', { PORT: `${ports.fallbackPort}`, PROCESSOR_NAME: 'fallback', FEE: '0.15' })
  const coordinator = run('coordinator', {
    ...clock,
    ...channel,
    PROCESSORS: `default=${url('default')}@0.05,fallback=${url('fallback')}@0.15`,
    ADMIN_PORT: `${ports.adminPort}`,
    DRAIN_MS_MAX: `${drainMsMax}`,
  })
  run('api', {
    ...clock,
    CHANNEL_SECRET: channel.CHANNEL_SECRET,
    COORDINATOR_PORT: channel.CHANNEL_PORT,
    PORT: `${node}`,
    NODE_PORT: '0',
    NODE_NAME: 'api1',
  })
  await until(() =>
    fetch(`http://localhost:${node}/ready`)
      .then(answer => answer.ok)
      .catch(() => false),
  )
  const json = { 'content-type': 'application/json', 'x-rinha-token': '123' }
  const window = (fromMs?: number, toMs?: number) =>
    fromMs === undefined || toMs === undefined
      ? ''
      : `?from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`
  const get = async (from: string) => (await (await fetch(from)).json()) as never
  const payment = (id: string): Promise<{ state?: string; requestedAt?: string }> =>
    get(`http://localhost:${node}/payments/${id}`)
  return {
    coordinator,
    setClock,
    setFailing: (name: ProcessorName, failure: boolean) =>
      fetch(`${url(name)}/admin/configurations/failure`, {
        method: 'PUT',
        headers: json,
        body: JSON.stringify({ failure }),
      }),
    async payForMs(durationMs: number): Promise<string[]> {
      const ids: string[] = []
      for (const untilMs = performance.now() + durationMs; performance.now() < untilMs; await sleep(20)) {
        const correlationId = randomUUID()
        const body = JSON.stringify({ correlationId, amount: 19.9 })
        const answer = await fetch(`http://localhost:${node}/payments`, {
          method: 'POST',
          headers: json,
          body,
        })
        expect(answer.status).toBe(202)
        ids.push(correlationId)
      }
      return ids
    },
    settled: (ids: readonly string[]) =>
      until(
        async () => {
          const states = await Promise.all(ids.map(async id => (await payment(id)).state))
          return states.every(state => state === 'settled')
        },
        'all are settled',
        8000,
      ),
    requestedAtsMs: (ids: readonly string[]) =>
      Promise.all(
        ids.map(async id =>
          Date.parse(
            `${((await get(`${url('default')}/payments/${id}`)) as { requestedAt: string }).requestedAt}Z`,
          ),
        ),
      ),
    async books(name: ProcessorName, fromMs?: number, toMs?: number): Promise<Totals> {
      const answer = await fetch(`${url(name)}/admin/payments-summary${window(fromMs, toMs)}`, {
        headers: json,
      })
      return (await answer.json()) as Totals
    },
    summary: (fromMs: number, toMs: number): Promise<Record<ProcessorName, Totals>> =>
      get(`http://localhost:${node}/payments-summary${window(fromMs, toMs)}`),
    queuedCount: async () =>
      ((await get(`http://localhost:${ports.adminPort}/queue-status`)) as { queuedCount: number })
        .queuedCount,
  }
}

function run(name: string, environment: NodeJS.ProcessEnv): Program {
  const program = new Program(process.execPath, [join(root, 'dist', `${name}.mjs`)], environment)
  programs.push(program)
  return program
}
