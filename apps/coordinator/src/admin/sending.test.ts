import type { ChannelClient } from '@rinha/channel'
import type { Twin } from '@rinha/processor-twin'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import {
  bearer,
  closeAll,
  configure,
  connect,
  pay,
  post,
  readJson,
  startOn,
  startStack,
  startTwins,
  tokens,
  totals,
  until,
} from '../testing.ts'

afterEach(closeAll)

const lanes = (sending: Record<string, 'paused' | 'draining' | 'on'>) =>
  Object.entries(sending).map(([name, word]) => ({
    name,
    paused: word === 'paused',
    draining: word === 'draining',
  }))
const settledCount = async (node: ChannelClient) =>
  (await totals(node)).reduce((sum, { count }) => sum + count, 0)
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** The number of payments that a processor has with a requestedAt between two instants. */
async function recordedBetween({ port }: Twin, fromMs: number, toMs: number): Promise<number> {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
  const response = await fetch(`http://localhost:${port}/admin/payments-summary?from=${from}&to=${to}`, {
    headers: { 'x-rinha-token': '123' },
  })
  return ((await response.json()) as { totalRequests: number }).totalRequests
}

test('under 600 payments a second a pause sends nothing from its answer on, and a resume loses nothing', async () => {
  const { admin, node, twins } = await startStack({ JOURNAL_DIR: temporaryDirectory() })
  await Promise.all(twins.map(twin => configure(twin, 'delay', 20)))
  let offeredCount = 0
  const load = setInterval(() => {
    offeredCount += pay(node, 6).length
  }, 10)
  try {
    await until(() => offeredCount > 300)
    await post(`${admin}/pause`)
    const pausedAtMs = Date.now()
    const atPauseCount = offeredCount
    await until(() => offeredCount > atPauseCount + 500)
    await until(async () => (await readJson(`${admin}/queue-status`)).inFlightCount === 0)
    const resumedAtMs = Date.now()
    await post(`${admin}/resume`)
    await until(async () => (await settledCount(node)) > atPauseCount + 500)
    clearInterval(load)
    await until(async () => (await settledCount(node)) === offeredCount)
    for (const twin of twins) expect(await recordedBetween(twin, pausedAtMs + 1, resumedAtMs - 1)).toBe(0)
    const recorded = await Promise.all(twins.map(twin => recordedBetween(twin, 0, Date.now())))
    expect(recorded.reduce((sum, count) => sum + count, 0)).toBe(offeredCount)
    expect(await readJson(`${admin}/queue-status`)).toMatchObject({
      queuedCount: 0,
      inFlightCount: 0,
      rejectedCount: 0,
      acceptedCount: offeredCount,
    })
  } finally {
    clearInterval(load)
  }
})

test('payments of a processor that is paused, or drains, go to the other one', async () => {
  const { admin, node, twins } = await startStack()
  for (const [index, word] of (['pause', 'drain'] as const).entries()) {
    const said = word === 'pause' ? 'paused' : 'draining'
    expect(await post(`${admin}/${word}`, { processor: 'default' })).toEqual([
      200,
      { processors: lanes({ default: said, fallback: 'on' }) },
    ])
    pay(node, 5)
    await until(async () => (await settledCount(node)) === (index + 1) * 5)
    expect(await recordedBetween(twins[0], 0, Date.now())).toBe(0)
    expect(await readJson(`${admin}/queue-status`)).toMatchObject({
      processors: [
        { name: 'default', paused: word === 'pause', draining: word === 'drain', usable: false },
        { name: 'fallback', paused: false, draining: false },
      ],
    })
  }
  await post(`${admin}/resume`)
  pay(node, 5)
  await until(async () => (await recordedBetween(twins[0], 0, Date.now())) === 5)
})

test('a change that is requested twice or at the same time is recorded once, with the state of all processors', async () => {
  const { admin } = await startStack()
  await Promise.all(
    ['default', 'fallback', 'default'].map(processor => post(`${admin}/pause`, { processor })),
  )
  await post(`${admin}/pause`)
  const { entries } = (await readJson(`${admin}/audit`)) as { entries: object[] }
  expect(entries).toHaveLength(2)
  expect(entries[0]).toMatchObject({
    who: 'olga',
    what: 'sending',
    which: 'fallback',
    before: { default: 'paused', fallback: 'on' },
    after: { default: 'paused', fallback: 'paused' },
  })
})

test('with a journal the next process has the same pauses, and does not send the payments that it finds', async () => {
  const twins = await startTwins()
  const environment = { JOURNAL_DIR: temporaryDirectory(), DRAIN_MS_MAX: '100' }
  const first = await startOn(twins, environment)
  const node = await connect(first.channelPort)
  await post(`http://127.0.0.1:${first.adminPort}/pause`)
  await post(`http://127.0.0.1:${first.adminPort}/drain`, { processor: 'fallback' })
  pay(node, 3)
  await until(
    async () => (await readJson(`http://127.0.0.1:${first.adminPort}/queue-status`)).acceptedCount === 3,
  )
  await first.stop()
  const next = await startOn(twins, environment)
  const admin = `http://127.0.0.1:${next.adminPort}`
  await sleep(200)
  expect(await readJson(`${admin}/queue-status`)).toMatchObject({
    queuedCount: 3,
    processors: lanes({ default: 'paused', fallback: 'draining' }),
  })
  await post(`${admin}/resume`, { processor: 'fallback' })
  await until(async () => (await recordedBetween(twins[1], 0, Date.now())) === 3)
})

test('an unknown processor, a viewer and a wrong body change nothing', async () => {
  const { admin } = await startStack()
  for (const processor of ['nobody', 'constructor', '__proto__'])
    expect((await post(`${admin}/pause`, { processor }))[0]).toBe(404)
  for (const body of [{ processor: '' }, { processor: 1 }, { processors: ['default'] }, []])
    expect((await post(`${admin}/pause`, body))[0]).toBe(400)
  for (const word of ['pause', 'drain', 'resume'])
    expect((await post(`${admin}/${word}`, {}, bearer(tokens.viewer)))[0]).toBe(403)
  expect((await readJson(`${admin}/audit`)).entries).toEqual([])
  expect(await readJson(`${admin}/queue-status`)).toMatchObject({
    processors: lanes({ default: 'on', fallback: 'on' }),
  })
})
