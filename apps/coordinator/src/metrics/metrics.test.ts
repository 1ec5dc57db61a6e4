import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCorrelationId } from '@rinha/payment'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { closeAll, configure, pay, recordedAt, secret, startStack, until } from '../testing.ts'
import { startNode } from './testing.ts'

/** The metrics that Prometheus would scrape over HTTP from a real coordinator. */

afterEach(closeAll)

async function scrape(admin: string): Promise<(line: string) => number> {
  const response = await fetch(`${admin}/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const samples = new Map<string, number>()
  for (const line of (await response.text()).split('\n')) {
    const at = line.lastIndexOf(' ')
    if (at > 0 && !line.startsWith('#')) samples.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return line => samples.get(line) ?? Number.NaN
}

test('the metrics of payments, latencies and money agree with the processors', async () => {
  const { admin, node, twins } = await startStack({ AUDIT_GUARD_MS: '0' })
  await configure(twins[0], 'delay', 30)
  pay(node, 40)
  await until(async () => (await scrape(admin))('payments{state="settled"}') === 40)
  await configure(twins[0], 'failure', true)
  // A busy machine looks like a stalling processor, so it may take more than one payment until default refuses one.
  let paidCount = 40
  await until(async () => {
    paidCount += pay(node, 1, 10_000).length
    return (await scrape(admin))('processor_attempts_total{processor="default",outcome="refused"}') > 0
  })
  await until(async () => (await recordedAt(twins[1])).totalRequests > 0)
  await until(async () => (await scrape(admin))('payments{state="settled"}') === paidCount)
  const value = await scrape(admin)
  expect(value('payments_accepted_total')).toBe(paidCount)
  const fallback = '{processor="fallback"}'
  const dearAmount = (await recordedAt(twins[1])).totalAmount
  expect(value(`processor_settled_amount_total${fallback}`)).toBe(dearAmount)
  expect(value(`processor_fees_amount_total${fallback}`)).toBeCloseTo(dearAmount * 0.15, 4)
  expect(value(`processor_earnings_amount_total${fallback}`)).toBeCloseTo(dearAmount * 0.85, 4)
  expect(value(`processor_excess_fees_amount_total${fallback}`)).toBeCloseTo(dearAmount * 0.1, 4)
  expect(value('processor_excess_fees_amount_total{processor="default"}')).toBe(0)
  const recordedCount = (processor: string) =>
    value(`processor_attempts_total{processor="${processor}",outcome="recorded"}`)
  expect(recordedCount('default')).toBeGreaterThan(0)
  expect(recordedCount('default') + recordedCount('fallback')).toBe(paidCount)
  expect(value('payment_settle_seconds_count')).toBe(paidCount)
  // No recorded attempt took less than the delay of the processor.
  expect(value('processor_attempt_seconds_sum{processor="default"}')).toBeGreaterThan(
    recordedCount('default') * 0.03,
  )
  expect(value('payment_settle_seconds_bucket{le="0.025"}')).toBeLessThanOrEqual(recordedCount('fallback'))
  expect(value('processor_attempt_seconds_bucket{processor="default",le="0.025"}')).toBeLessThan(
    value('processor_attempt_seconds_bucket{processor="default",le="+Inf"}'),
  )
  const states = ['closed', 'open', 'probing'].map(state =>
    value(`processor_circuit_state{processor="default",state="${state}"}`),
  )
  expect(states.reduce((sum, state) => sum + state)).toBe(1)
  expect(value('channel_credit_payments{node="api1"}')).toBeGreaterThan(0)
  expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
  expect(value('nodejs_heap_size_used_bytes')).toBeGreaterThan(1e6)
  expect(value('journal_sync_seconds_count')).toBeNaN()
})

test('the age of waiting payments is a metric, and they count as held while only a dearer processor could take them', async () => {
  const { admin, node, twins } = await startStack({ POLICY: 'patient' })
  await configure(twins[0], 'failure', true)
  pay(node, 20)
  await until(async () => (await scrape(admin))('processor_circuit_opened_total{processor="default"}') > 0)
  // Payments under way at a scrape are not held, and a canary may be under way.
  let value = await scrape(admin)
  await until(async () => {
    value = await scrape(admin)
    return value('payments_held') > 0 && value('payments_oldest_queued_age_seconds') > 0.2
  })
  const states = ['queued', 'in_flight', 'settled', 'rejected', 'discarded'].map(state =>
    value(`payments{state="${state}"}`),
  )
  expect(states.reduce((sum, state) => sum + state)).toBe(value('payments_accepted_total'))
  expect(value('processor_usable{processor="default"}')).toBe(0)
  expect(value('payments_held')).toBe(value('payments{state="queued"}'))
})

test('a processor that answers payments with 404 has a metric of that status, whatever its health says, until one is recorded', async () => {
  const { admin, node, twins } = await startStack()
  const status = async (processor: string) =>
    (await scrape(admin))(`processor_way_status{processor="${processor}"}`)
  await setFault(twins[0], { paymentStatus: 404 })
  await until(async () => {
    pay(node, 1)
    return (await status('default')) === 404
  })
  expect(await status('fallback')).toBe(0)
  await setFault(twins[0], {})
  await until(async () => {
    pay(node, 1)
    return (await status('default')) === 0
  })
})

test('attempts that a processor turns away with 429 are counted', async () => {
  const { admin, node, twins } = await startStack()
  await setFault(twins[0], { paymentStatus: 429 })
  pay(node, 1)
  await until(async () => (await scrape(admin))('processor_pushed_back_total{processor="default"}') > 0)
  expect((await scrape(admin))('processor_pushed_back_total{processor="fallback"}')).toBe(0)
})

async function setFault({ port }: { readonly port: number }, fault: object): Promise<void> {
  const response = await fetch(`http://localhost:${port}/admin/configurations/fault`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-rinha-token': '123' },
    body: JSON.stringify(fault),
  })
  expect(response.status).toBe(200)
}

test('the syncs of a journal are metrics', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'metrics-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const { admin, node } = await startStack({ JOURNAL_DIR: join(directory, 'journal') })
  pay(node, 5)
  await until(async () => (await scrape(admin))('payments{state="settled"}') === 5)
  const value = await scrape(admin)
  expect(value('journal_sync_seconds_count')).toBeGreaterThanOrEqual(value('journal_commits_total'))
  expect(value('journal_commits_total')).toBeGreaterThan(0)
  expect(value('journal_failing')).toBe(0)
})

test('rejected payments and those that a person has discarded are counted apart', async () => {
  const { admin, node, twins } = await startStack()
  const correlationId = randomUUID()
  const body = JSON.stringify({ correlationId, amount: 1, requestedAt: '2026-01-01T00:00:00.000Z' })
  const headers = { 'content-type': 'application/json' }
  for (const { port } of twins)
    await fetch(`http://localhost:${port}/payments`, { method: 'POST', headers, body })
  node.offerPayment(parseCorrelationId(correlationId) as Uint8Array, 1990)
  await until(async () => (await scrape(admin))('payments{state="rejected"}') === 1)
  await fetch(`${admin}/rejected/discard`, { method: 'POST', headers, body: '{"all":true}' })
  const value = await scrape(admin)
  expect([value('payments{state="rejected"}'), value('payments{state="discarded"}')]).toEqual([0, 1])
})

test('the traffic of an API node is a metric with its name, and a node that has gone has none', {
  timeout: 300_000,
}, async () => {
  const { admin, coordinator, node } = await startStack()
  pay(node, 20)
  await until(async () => (await scrape(admin))('payments{state="settled"}') === 20)
  const value = await scrape(admin)
  expect(value('channel_nodes')).toBe(1)
  for (const unit of ['frames', 'bytes'])
    for (const direction of ['sent', 'received'])
      expect(value(`channel_${unit}_total{node="api1",direction="${direction}"}`)).toBeGreaterThan(0)
  expect(value('channel_bytes_total{node="api1",direction="received"}')).toBeGreaterThan(20 * 24)
  const second = await startNode({
    ...{ COORDINATOR_PORT: `${coordinator.channelPort}`, CHANNEL_SECRET: secret, NODE_NAME: 'api2' },
  })
  expect((await scrape(admin))('channel_frames_total{node="api2",direction="received"}')).toBeGreaterThan(1)
  await second.stop()
  await until(async () => (await scrape(admin))('channel_nodes') === 1)
  expect((await scrape(admin))('channel_frames_total{node="api2",direction="received"}')).toBeNaN()
})
