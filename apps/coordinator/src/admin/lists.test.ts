import { printCorrelationId } from '@rinha/payment'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import {
  ask,
  bearer,
  closeAll,
  connect,
  pay,
  post,
  readJson,
  startAnswering,
  startOn,
  startTwins,
  tokens,
  until,
} from '../testing.ts'

afterEach(closeAll)

/** A processor that answers 400, or 413 where the amount is large, until it is told to record; then 200. */
async function startPicky() {
  const picky = { records: false }
  const statusOf = (body: string) => (picky.records ? 200 : JSON.parse(body).amount > 50 ? 413 : 400)
  return { picky, port: await startAnswering(statusOf) }
}

async function startRejecting(environment: Record<string, string> = {}) {
  const twins = await startTwins()
  const { picky, port } = await startPicky()
  const processors = `default=http://127.0.0.1:${port}@0.05@5000,fallback=http://localhost:${twins[1].port}@0.15@5000`
  const start = () => startOn(twins, { ...environment, PROCESSORS: processors })
  const coordinator = await start()
  const node = await connect(coordinator.channelPort)
  const admin = `http://127.0.0.1:${coordinator.adminPort}`
  const ids = [...pay(node, 6), ...pay(node, 3, 9000)].map(id => printCorrelationId(id))
  await until(async () => (await readJson(`${admin}/queue-status`)).rejectedCount === 9)
  return { coordinator, start, node, admin, picky, ids }
}

type Page = {
  readonly payments: readonly { readonly correlationId: string; readonly reason: string | null }[]
  readonly nextCursor: string | null
}

async function pagesOf(url: string, limit: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = (await readJson(`${url}&limit=${limit}${cursor && `&cursor=${cursor}`}`)) as Page
    expect(page.payments.length).toBeLessThanOrEqual(limit)
    ids.push(...page.payments.map(({ correlationId }) => correlationId))
    cursor = page.nextCursor
  }
  return ids
}

const counts = (changedCount: number, unchangedCount: number, refusedCount: number) => ({
  changedCount,
  unchangedCount,
  refusedCount,
})

test('rejected payments are listed in pages, discarded and resubmitted, and each change is in the audit log', async () => {
  const { admin, ids, picky } = await startRejecting()
  expect((await pagesOf(`${admin}/rejected?`, 4)).toSorted()).toEqual(ids.toSorted())
  const [first] = (await readJson(`${admin}/rejected?limit=1`)).payments
  const { reason } = first
  const alike = await pagesOf(`${admin}/rejected?reason=${encodeURIComponent(reason)}`, 2)
  expect([3, 6]).toContain(alike.length)

  expect(await post(`${admin}/rejected/discard`, { ids: [ids[0], ids[0], ids[1]] })).toMatchObject([
    200,
    counts(2, 0, 0),
  ])
  expect(await post(`${admin}/rejected/discard`, { ids: [ids[0]] })).toMatchObject([200, counts(0, 1, 0)])
  expect(await post(`${admin}/rejected/resubmit`, { ids: [ids[0]] })).toMatchObject([200, counts(0, 0, 1)])
  expect((await post(`${admin}/payments/${ids[0]}/resubmit`, {}))[1]).toMatchObject({
    type: '/problems/wrong-state',
    detail: expect.stringContaining('was discarded'),
  })
  expect(await readJson(`${admin}/payments/${ids[0]}`)).toMatchObject({ state: 'discarded' })
  expect((await pagesOf(`${admin}/payments?state=discarded`, 1)).toSorted()).toEqual(
    ids.slice(0, 2).toSorted(),
  )
  const status = await readJson(`${admin}/queue-status`)
  expect([status.acceptedCount, status.rejectedCount, status.discardedCount]).toEqual([9, 9, 2])

  picky.records = true
  const waitingCount = (await readJson(`${admin}/rejected`)).waitingCount
  expect(waitingCount).toBe(7)
  const [, resubmitted] = await post(`${admin}/rejected/resubmit`, { reason })
  await until(async () => (await readJson(`${admin}/queue-status`)).settledCount === resubmitted.changedCount)
  expect(await post(`${admin}/rejected/resubmit`, { all: true })).toMatchObject([200, { refusedCount: 0 }])
  await until(async () => (await readJson(`${admin}/queue-status`)).settledCount === 7)
  expect((await pagesOf(`${admin}/payments?state=settled`, 3)).toSorted()).toEqual(ids.slice(2).toSorted())
  expect(await post(`${admin}/rejected/resubmit`, { all: true })).toMatchObject([200, counts(0, 0, 0)])

  const { entries } = await readJson(`${admin}/audit`)
  expect(entries.map(({ who, what, after }: Record<string, unknown>) => [who, what, after])).toEqual([
    ['olga', 'payments', { ordered: 'resubmit', all: true }],
    ['olga', 'payments', { ordered: 'resubmit', reason }],
    ['olga', 'payments', { ordered: 'discard', ids: [ids[0], ids[0], ids[1]] }],
  ])
})

test('a discarded payment is discarded for the next process, too, and a cursor is valid there', async () => {
  const { admin, ids, coordinator, start } = await startRejecting({ JOURNAL_DIR: temporaryDirectory() })
  expect((await post(`${admin}/rejected/discard`, { ids: [ids[3]] }))[0]).toBe(200)
  const { nextCursor, payments } = (await readJson(`${admin}/rejected?limit=5`)) as Page
  await coordinator.stop()
  const next = await start()
  const url = `http://127.0.0.1:${next.adminPort}`
  expect(await pagesOf(`${url}/payments?state=discarded`, 5)).toEqual([ids[3]])
  const rest = (await readJson(`${url}/rejected?cursor=${nextCursor}`)) as Page
  const all = [...payments, ...rest.payments].map(({ correlationId }) => correlationId)
  expect(all.toSorted()).toEqual(ids.filter(id => id !== ids[3]).toSorted())
})

test('an impossible request is refused with a problem, and a viewer may change nothing', async () => {
  const { admin, node, ids } = await startRejecting({ PURGE_ALLOWED: 'true' })
  const { nextCursor } = (await readJson(`${admin}/rejected?limit=1`)) as Page
  for (const body of [
    {},
    [],
    '{',
    { all: false },
    { ids: [] },
    { ids: ['me'] },
    { all: true, reason: 'no' },
    { ids, all: true },
  ])
    expect(await post(`${admin}/rejected/discard`, body)).toMatchObject([
      400,
      { type: '/problems/bad-request' },
    ])
  expect(
    await post(`${admin}/rejected/discard`, { ids: Array.from({ length: 101 }, () => ids[0]) }),
  ).toMatchObject([400, {}])
  for (const query of [
    '',
    'state=lost',
    'state=queued&limit=0',
    'state=queued&limit=201',
    'state=queued&cursor=7',
    'status=queued',
  ])
    expect([query, (await fetch(`${admin}/payments?${query}`)).status]).toEqual([query, 400])
  for (const what of ['discard', 'resubmit'])
    expect(await post(`${admin}/rejected/${what}`, { all: true }, bearer(tokens.viewer))).toMatchObject([
      403,
      {},
    ])
  expect((await readJson(`${admin}/queue-status`)).discardedCount).toBe(0)
  await ask(node, 'purge', {})
  const stale = await fetch(`${admin}/rejected?cursor=${nextCursor}`)
  expect([stale.status, await stale.json()]).toMatchObject([
    400,
    { detail: expect.stringContaining('purge') },
  ])
})
