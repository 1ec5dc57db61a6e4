import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChannelClient } from '@rinha/channel'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import type { RunningCoordinator } from './coordinator.ts'
import { closeAll, connect, pay, startOn, startTwins, until } from './testing.ts'

afterEach(closeAll)

/** Fees are those in force when a payment was sent, whatever the fees become later, also after a restart. */

type Twins = Awaited<ReturnType<typeof startTwins>>

const listOf = (twins: Twins, first: number) =>
  `default=http://localhost:${twins[0].port}@${first}@5000,fallback=http://localhost:${twins[1].port}@0.15@5000`

const adminOf = ({ adminPort }: RunningCoordinator) => `http://127.0.0.1:${adminPort}`

async function setFee(coordinator: RunningCoordinator, twins: Twins, fee: number): Promise<number> {
  const { status } = await fetch(`${adminOf(coordinator)}/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify({ PROCESSORS: listOf(twins, fee) }),
  })
  return status
}

/** Waits until the fees in force price what is sent. */
async function untilFeesHold(coordinator: RunningCoordinator): Promise<void> {
  const { feesFrom } = (await (await fetch(`${adminOf(coordinator)}/settings`)).json()) as {
    feesFrom: string
  }
  const fromMs = Date.parse(feesFrom)
  expect([fromMs % 1000, fromMs - Date.now() <= 1000]).toEqual([0, true])
  await until(() => Date.now() >= fromMs)
}

interface Shown {
  readonly processors: readonly {
    readonly feesCents: number
    readonly earningsCents: number
    readonly settledAmountCents: number
  }[]
}

/** The fees that the cheapest processor has kept. */
async function feesOf(coordinator: RunningCoordinator): Promise<number> {
  const response = await fetch(`${adminOf(coordinator)}/processors`)
  const [lane] = ((await response.json()) as Shown).processors
  if (lane === undefined) throw new Error('there is no processor')
  expect(lane.feesCents + lane.earningsCents).toBeCloseTo(lane.settledAmountCents, 6)
  return lane.feesCents
}

async function scrapedFees(coordinator: RunningCoordinator): Promise<number> {
  const metrics = await (await fetch(`${adminOf(coordinator)}/metrics`)).text()
  return Number(/^processor_fees_amount_total\{processor="default"\} (.*)$/m.exec(metrics)?.[1])
}

const nodes = new WeakMap<RunningCoordinator, ChannelClient>()

async function settle(coordinator: RunningCoordinator, count: number): Promise<void> {
  const node = nodes.get(coordinator) ?? (await connect(coordinator.channelPort))
  nodes.set(coordinator, node)
  const settledCount = async () => {
    const response = await fetch(`${adminOf(coordinator)}/queue-status`)
    return ((await response.json()) as { settledCount: number }).settledCount
  }
  const before = await settledCount()
  pay(node, count, 1000)
  await until(async () => (await settledCount()) === before + count)
}

test('a new fee prices what is sent from the next whole second on, and nothing before; the next process has the same sums', async () => {
  const twins = await startTwins()
  const JOURNAL_DIR = temporaryDirectory()
  const first = await startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR })
  await settle(first, 10)
  expect(await feesOf(first)).toBe(500)
  expect(await setFee(first, twins, 0.1)).toBe(200)
  await untilFeesHold(first)
  expect(await feesOf(first)).toBe(500)
  await settle(first, 10)
  expect(await feesOf(first)).toBe(1500)
  expect(await setFee(first, twins, 0.02)).toBe(200)
  await untilFeesHold(first)
  await settle(first, 10)
  expect(await feesOf(first)).toBe(1700)
  await first.stop()
  const second = await startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR })
  expect(await feesOf(second)).toBe(1700)
  await settle(second, 10)
  expect(await feesOf(second)).toBe(1900)
  expect(await scrapedFees(second)).toBe(19)
})

test('a fee that differs at the next start holds from that start on', async () => {
  const twins = await startTwins()
  const JOURNAL_DIR = temporaryDirectory()
  const first = await startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR })
  await settle(first, 10)
  await first.stop()
  const second = await startOn(twins, {
    POLICY: 'always-cheapest',
    JOURNAL_DIR,
    PROCESSORS: listOf(twins, 0.12),
  })
  expect(await feesOf(second)).toBe(500)
  await untilFeesHold(second)
  await settle(second, 10)
  expect(await feesOf(second)).toBe(1700)
  await second.stop()
  expect(
    await feesOf(
      await startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR, PROCESSORS: listOf(twins, 0.12) }),
    ),
  ).toBe(1700)
})

test('under load the shown sums never decrease, and each payment has one of the fees', async () => {
  const twins = await startTwins()
  const coordinator = await startOn(twins, { POLICY: 'always-cheapest' })
  const node = await connect(coordinator.channelPort)
  let shown = 0
  for (const fee of [0.1, 0.01, 0.14, 0, 0.05]) {
    pay(node, 100, 1000)
    expect(await setFee(coordinator, twins, fee)).toBe(200)
    const feesCents = await feesOf(coordinator)
    expect(feesCents).toBeGreaterThanOrEqual(shown)
    shown = feesCents
  }
})

test('a fee whose change cannot be written stays as it is', async () => {
  const twins = await startTwins()
  const JOURNAL_DIR = temporaryDirectory()
  const coordinator = await startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR })
  await settle(coordinator, 10)
  const path = join(JOURNAL_DIR, 'fees.json.next')
  mkdirSync(path)
  expect(await setFee(coordinator, twins, 0.1)).toBe(503)
  rmdirSync(path)
  await untilFeesHold(coordinator)
  await settle(coordinator, 10)
  expect(await feesOf(coordinator)).toBe(1000)
})

test('a damaged file of fees is reported, and the coordinator does not start', async () => {
  const twins = await startTwins()
  const JOURNAL_DIR = temporaryDirectory()
  await (await startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR })).stop()
  const path = join(JOURNAL_DIR, 'fees.json')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([
    { fromMs: 0, feeBps: { default: 500, fallback: 1500 } },
  ])
  for (const text of ['{', '{}', '[null]', '[{"fromMs":"x"}]']) {
    writeFileSync(path, text)
    await expect(startOn(twins, { POLICY: 'always-cheapest', JOURNAL_DIR })).rejects.toThrow(
      /fees.json is damaged/,
    )
  }
})
