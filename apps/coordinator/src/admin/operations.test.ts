import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { ask, closeAll, pay, post, readJson, startStack, totals, until } from '../testing.ts'

afterEach(closeAll)

test('every setting is shown with its source, and secrets are not shown', async () => {
  const { admin } = await startStack()
  const response = await fetch(`${admin}/settings`)
  expect(response.headers.get('etag')).toBe('"0"')
  const text = await response.text()
  expect(text).not.toContain('a-secret-of-the-tests')
  const { settings } = JSON.parse(text) as { settings: Record<string, unknown>[] }
  const named = (name: string) => settings.find(setting => setting.name === name)
  expect(named('POLICY')).toMatchObject({ value: 'default-first', from: 'default', isSecret: false })
  expect(named('CHANNEL_SECRET')).toMatchObject({ value: null, isSecret: true })
  expect(named('PROCESSORS')).toMatchObject({ value: expect.stringMatching(/^default=.*,fallback=/) })
})

test('a processor is shown with its fees, and with the rest of the settled amount', async () => {
  const { admin, node } = await startStack()
  pay(node, 4, 1000)
  await until(async () => (await totals(node))[0]?.count === 4)
  const { processors } = (await readJson(`${admin}/processors`)) as { processors: object[] }
  expect(processors).toMatchObject([
    { name: 'default', feeBps: 500, settledAmountCents: 4000, feesCents: 200, earningsCents: 3800 },
    { name: 'fallback', feeBps: 1500, settledAmountCents: 0, feesCents: 0, earningsCents: 0 },
  ])
})

test('an order for many payments is answered for each, and is recorded only where it changes one', async () => {
  const { admin } = await startStack()
  expect(await readJson(`${admin}/attention?limit=1`)).toEqual({
    attentionCount: 0,
    attention: [],
    nextCursor: null,
  })
  const id = '00000000-0000-0000-0000-000000000000'
  const payments = [
    { id, outcome: 'recorded' },
    { id, outcome: 'notRecorded', processor: 'default' },
  ]
  expect(await post(`${admin}/attention/resolve`, { payments })).toMatchObject([
    200,
    {
      results: [
        { id, result: 'refused', status: 404 },
        { id, result: 'refused', status: 400 },
      ],
    },
  ])
  expect(await readJson(`${admin}/audit`)).toEqual({ entries: [], nextCursor: null })
  expect((await post(`${admin}/attention/resolve`, { payments: [] }))[0]).toBe(400)
  const many = Array.from({ length: 101 }, () => payments[0])
  expect((await post(`${admin}/attention/resolve`, { payments: many }))[0]).toBe(400)
})

test('a snapshot is written on request, and a purge forgets everything if it is allowed', async () => {
  const environment = { JOURNAL_DIR: temporaryDirectory(), PURGE_ALLOWED: 'true' }
  const { admin, node } = await startStack(environment)
  pay(node, 3)
  await until(async () => (await totals(node))[0]?.count === 3)
  expect(await post(`${admin}/snapshot`)).toEqual([202, { snapshotCount: 0 }])
  await until(
    async () =>
      ((await readJson(`${admin}/queue-status`)).journal as { snapshotCount: number }).snapshotCount === 1,
  )
  expect(await post(`${admin}/purge`)).toEqual([200, { forgottenCount: 3 }])
  expect(await readJson(`${admin}/queue-status`)).toMatchObject({ acceptedCount: 0 })
  expect(await post(`${admin}/purge`)).toEqual([200, { forgottenCount: 0 }])
  const { entries } = (await readJson(`${admin}/audit?limit=2`)) as { entries: object[] }
  expect(entries).toMatchObject([
    { seq: 3, who: 'olga', what: 'purge', before: { acceptedCount: 0 } },
    { seq: 2, who: 'olga', what: 'purge', before: { acceptedCount: 3 }, after: { acceptedCount: 0 } },
  ])
  const older = (await readJson(`${admin}/audit?cursor=2`)) as { entries: object[] }
  expect(older).toMatchObject({ entries: [{ seq: 1, what: 'snapshot' }], nextCursor: null })
})

test('a purge that an API node asks for is in the audit log before it is answered, with what it forgets', async () => {
  const { admin, node } = await startStack({ PURGE_ALLOWED: 'true' })
  pay(node, 3)
  await until(async () => (await totals(node))[0]?.count === 3)
  expect(await ask(node, 'purge', {})).toMatchObject({ ok: true })
  const before = {
    ...{ acceptedCount: 3, queuedCount: 0, inFlightCount: 0, settledCount: 3, rejectedCount: 0 },
    settled: [
      { processor: 'default', count: 3, amountCents: 5970 },
      { processor: 'fallback', count: 0, amountCents: 0 },
    ],
  }
  expect((await readJson(`${admin}/audit?what=purge`)).entries).toEqual([
    {
      ...{ seq: 1, at: expect.stringMatching(/^20.*Z$/), who: 'api1', via: 'channel', what: 'purge' },
      ...{ before, after: { acceptedCount: 0 } },
    },
  ])
})

test('operations that are switched off or impossible are refused', async () => {
  const { admin, node } = await startStack()
  pay(node, 1)
  await until(async () => (await totals(node))[0]?.count === 1)
  expect(await post(`${admin}/purge`)).toMatchObject([
    403,
    { detail: expect.stringContaining('PURGE_ALLOWED') },
  ])
  expect(await post(`${admin}/snapshot`)).toMatchObject([409, { type: '/problems/wrong-state' }])
  expect((await readJson(`${admin}/queue-status`)).acceptedCount).toBe(1)
  expect((await readJson(`${admin}/audit`)).entries).toEqual([])
})
