import type { QueueStatus } from '@rinha/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, closeAll, configure, lines, pay, recordedAt, startStack, totals, until } from './testing.ts'

/** The coordinator over real TCP on both sides: the channel in front, two simulated processors behind. */

afterEach(closeAll)
beforeEach(() => void lines.splice(0))

const told = (kind: string, state: string) => lines.filter(line => line.kind === kind && line.state === state)

test('payments are settled at the cheapest processor, and the summary equals its books', async () => {
  const { node, twins } = await startStack({ AUDIT_GUARD_MS: '0' })
  const ids: Uint8Array[] = []
  // Payments are sent one after the other. A slow machine looks like a stalling processor, and payments would go elsewhere.
  for (let count = 1; count <= 20; count += 1) {
    ids.push(...pay(node, 1))
    await until(async () => (await totals(node))[0]?.count === count, `${count} are settled`)
  }
  expect(await totals(node)).toEqual([
    { processor: 'default', count: 20, amountCents: 39_800 },
    { processor: 'fallback', count: 0, amountCents: 0 },
  ])
  expect(await recordedAt(twins[0])).toMatchObject({ totalRequests: 20, totalAmount: 398 })
  const status = await ask(node, 'status', { correlationId: ids[0] as Uint8Array })
  expect(status).toMatchObject({
    ok: true,
    value: { state: 'settled', processor: 'default', amountCents: 1990 },
  })
})

test('an outage of the default moves payments to the fallback, none twice, and its recovery moves them back', async () => {
  // Without a guard canaries find the recovery; under one it is the next health poll, up to five seconds later.
  const { node, twins } = await startStack({ AUDIT_GUARD_MS: '0' })
  await configure(twins[0], 'failure', true)
  pay(node, 100)
  await until(async () => (await totals(node)).reduce((sum, { count }) => sum + count, 0) === 100)
  expect((await recordedAt(twins[0])).totalRequests).toBe(0)
  expect((await recordedAt(twins[1])).totalRequests).toBe(100)
  await configure(twins[0], 'failure', false)
  await until(async () => {
    pay(node, 1)
    return (await recordedAt(twins[0])).totalRequests > 3
  })
})

test('with both processors down payments are kept, and settle once when one is back', async () => {
  const { node, twins, admin } = await startStack()
  await Promise.all(twins.map(twin => configure(twin, 'failure', true)))
  pay(node, 50)
  const status = async () => (await (await fetch(`${admin}/queue-status`)).json()) as QueueStatus
  const isTried = ({ acceptedCount, processors }: QueueStatus) =>
    acceptedCount === 50 && processors.every(({ circuit }) => circuit !== 'closed')
  await until(async () => isTried(await status()), 'all are accepted, and both processors were tried')
  const { settledCount, queuedCount, inFlightCount } = await status()
  expect([settledCount, queuedCount + inFlightCount]).toEqual([0, 50])
  // The wait is longer than a queue must last to count as a backlog.
  await until(() => told('backlog', 'above').length === 1)
  await configure(twins[1], 'failure', false)
  await until(async () => (await totals(node))[1]?.count === 50)
  await until(() => told('backlog', 'gone').length === 1 && told('circuit', 'closed').length > 0)
  expect(told('circuit', 'open')).toEqual(
    ['default', 'fallback'].map(processor =>
      expect.objectContaining({ processor, reason: expect.any(String) }),
    ),
  )
  expect(told('node', 'connected')).toMatchObject([{ node: 'api1' }])
})

test('a timed-out attempt that the processor recorded all the same is booked once, under its own requestedAt', async () => {
  const { node, twins } = await startStack({ ATTEMPT_TIMEOUT_MS: '150' })
  await configure(twins[0], 'delay', 400)
  const [id] = pay(node, 1)
  await until(async () => (await totals(node))[0]?.count === 1)
  const status = await ask(node, 'status', { correlationId: id as Uint8Array })
  if (!status.ok || status.value.state !== 'settled') throw new Error('it is settled')
  const { requestedAtMs } = status.value
  const window = `from=${new Date(requestedAtMs).toISOString()}&to=${new Date(requestedAtMs).toISOString()}`
  const response = await fetch(`http://localhost:${twins[0].port}/admin/payments-summary?${window}`, {
    headers: { 'x-rinha-token': '123' },
  })
  expect(await response.json()).toMatchObject({ totalRequests: 1 })
  expect((await recordedAt(twins[1])).totalRequests).toBe(0)
})

test('a purge forgets what was settled and makes room again', async () => {
  const { node } = await startStack({ PAYMENT_COUNT_MAX: '20', PURGE_ALLOWED: 'true' })
  // The node may hold more payments than the ledger. It is told so, and takes exactly as many as there is room for.
  const id = (number: number) => new Uint8Array(16).fill(number)
  for (let number = 1; number <= 20; number += 1)
    await until(() => node.offerPayment(id(number), 1990) !== undefined, `there is room for ${number}`)
  await until(async () => (await totals(node))[0]?.count === 20)
  expect([node.roomShort, node.offerPayment(id(21), 1990), node.unacknowledgedCount]).toEqual([
    true,
    undefined,
    0,
  ])
  expect(await ask(node, 'purge', {})).toEqual({ ok: true, value: { purged: true } })
  await until(() => node.offerPayment(id(21), 1990) !== undefined)
  await until(async () => (await totals(node))[0]?.count === 1)
})

test('the admin port answers the depth of the queue first, and refuses unknown paths and methods', async () => {
  const { admin } = await startStack()
  const response = await fetch(`${admin}/queue-status`)
  expect(response.headers.get('content-type')).toBe('application/json')
  const status = (await response.json()) as Record<string, unknown>
  expect(Object.keys(status)[0]).toBe('queuedCount')
  expect(status).toMatchObject({
    nodes: ['api1'],
    attentionCount: 0,
    attention: [],
    rejected: [],
    policy: 'default-first',
    auditGuardMs: 1500,
    processors: [{ name: 'default' }, { name: 'fallback' }],
  })
  expect(await (await fetch(`${admin}/health`)).json()).toEqual({ status: 'ok', nodes: ['api1'] })
  const missing = await fetch(`${admin}/nothing`)
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  const wrong = await fetch(`${admin}/health`, { method: 'POST' })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('a stop settles the queued payments first', async () => {
  const { coordinator, node, twins } = await startStack()
  await configure(twins[0], 'delay', 80)
  pay(node, 20)
  await until(() => node.unacknowledgedCount === 0)
  await coordinator.stop()
  const recorded = await Promise.all(twins.map(recordedAt))
  expect(recorded.reduce((sum, { totalRequests }) => sum + totalRequests, 0)).toBe(20)
})

test.each([
  ['CHANNEL_PORT', 'channelPort'],
  ['ADMIN_PORT', 'adminPort'],
] as const)('a taken %s is told by its name', async (name, port) => {
  const { coordinator } = await startStack()
  await expect(startStack({ [name]: String(coordinator[port]) })).rejects.toThrow(
    `${name}=${coordinator[port]}`,
  )
})

test('settings that contradict each other are told by their names', async () => {
  await expect(startStack({ CANARY_MS_MIN: '500', CANARY_MS_MAX: '100' })).rejects.toThrow('CANARY_MS_MAX')
  await expect(startStack({ IN_FLIGHT_COUNT_INITIAL: '10', IN_FLIGHT_COUNT_MAX: '5' })).rejects.toThrow(
    'IN_FLIGHT_COUNT_MAX',
  )
})

test('the coordinator decides about a purge, and names the setting when it refuses', async () => {
  const refusing = await startStack()
  const refused = await ask(refusing.node, 'purge', {})
  expect(refused).toMatchObject({
    ok: false,
    error: { kind: 'refused', reason: expect.stringContaining('PURGE_ALLOWED=true') },
  })
  const allowing = await startStack({ PURGE_ALLOWED: 'true' })
  expect(await ask(allowing.node, 'purge', {})).toEqual({ ok: true, value: { purged: true } })
})
