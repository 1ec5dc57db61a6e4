import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChannelClient } from '@rinha/channel'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  ask,
  closeAll,
  configure,
  connect,
  pay,
  readJson,
  recordedAt,
  startOn,
  startTwins,
  totals,
  until,
} from './testing.ts'

const settledBy = async (node: ChannelClient) =>
  (await totals(node)).reduce((sum, { count }) => sum + count, 0)

/** One coordinator stops, and another one starts on its journal. */

let directory = ''
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(async () => {
  await closeAll()
})

test('the next coordinator has the settled payments in its sums, and settles the others, once each', async () => {
  const twins = await startTwins()
  const first = await startOn(twins, { JOURNAL_DIR: directory, DRAIN_MS_MAX: '0' })
  const node = await connect(first.channelPort)
  expect(node.keptBy).toBe('disk')
  pay(node, 100)
  // Which processor each payment went to depends on the load of the machine.
  await until(async () => (await settledBy(node)) === 100)
  for (const twin of twins) await configure(twin, 'failure', true)
  const ids = pay(node, 50)
  await until(() => node.unacknowledgedCount === 0)
  await first.stop()
  for (const twin of twins) await configure(twin, 'failure', false)
  const second = await startOn(twins, { JOURNAL_DIR: directory, AUDIT_GUARD_MS: '0' })
  const again = await connect(second.channelPort)
  expect(await settledBy(again)).toBeGreaterThanOrEqual(100)
  await until(async () => (await settledBy(again)) === 150)
  const books = await Promise.all(twins.map(recordedAt))
  expect(books.map(({ totalRequests }) => totalRequests)).toEqual(
    (await totals(again)).map(({ count }) => count),
  )
  const status = await ask(again, 'status', { correlationId: ids[0] as Uint8Array })
  expect(status).toMatchObject({ ok: true, value: { state: 'settled' } })
})

test('a second coordinator on the same directory is refused, with the setting to change', async () => {
  const twins = await startTwins()
  await startOn(twins, { JOURNAL_DIR: directory })
  await expect(startOn(twins, { JOURNAL_DIR: directory })).rejects.toThrow(/JOURNAL_DIR/)
})

test('when the lock is removed and a second coordinator starts, it has all journaled payments, and the first one ends', async () => {
  const twins = await startTwins()
  const first = await startOn(twins, { JOURNAL_DIR: directory })
  const node = await connect(first.channelPort)
  pay(node, 8)
  await until(async () => node.unacknowledgedCount === 0 && (await settledBy(node)) === 8)
  rmSync(join(directory, 'lock'))
  const second = await startOn(twins, { JOURNAL_DIR: directory })
  // This payment is not acknowledged as journaled, so the node keeps it.
  pay(node, 1)
  expect(await first.failed).toMatch(/JOURNAL_DIR is no longer this process's: .*lock/)
  expect(node.unacknowledgedCount).toBe(1)
  await first.stop()
  const again = await connect(second.channelPort)
  await until(async () => (await settledBy(again)) === 8)
  await second.stop()
  const third = await startOn(twins, { JOURNAL_DIR: directory })
  expect(await settledBy(await connect(third.channelPort))).toBe(8)
})

test('processors are known by their names: another order, other fees, one more, one less, over restarts', async () => {
  const twins = await startTwins()
  const [a, b] = twins.map(({ port }) => `http://localhost:${port}`)
  let running: { stop(): Promise<void>; channelPort: number } | undefined
  const restart = async (PROCESSORS: string) => {
    await running?.stop()
    running = await startOn(twins, { JOURNAL_DIR: directory, DRAIN_MS_MAX: '0', PROCESSORS })
    return connect(running.channelPort)
  }
  const sums = async (node: ChannelClient) =>
    (await totals(node)).map(({ processor, count }) => `${processor} ${count}`)

  let node = await restart(`first=${a}@0.05@5000`)
  pay(node, 3)
  await until(async () => (await settledBy(node)) === 3)
  // A third processor is added. It is the cheapest, so it comes first.
  node = await restart(`first=${a}@0.05@5000,second=${b}@0.01@5000`)
  expect(await sums(node)).toEqual(['second 0', 'first 3'])
  pay(node, 4)
  await until(async () => (await settledBy(node)) === 7)
  expect(await sums(node)).toEqual(['second 4', 'first 3'])
  // New fees reverse the order.
  node = await restart(`second=${b}@0.2@5000,first=${a}@0.1@5000`)
  expect(await sums(node)).toEqual(['first 3', 'second 4'])
  const [status] = pay(node, 1)
  await until(async () => (await settledBy(node)) === 8)
  expect(await ask(node, 'status', { correlationId: status as Uint8Array })).toMatchObject({
    value: { state: 'settled', processor: 'first' },
  })
  // A processor is left out. Its settled payments stay in the books under its name.
  node = await restart(`first=${a}@0.1@5000`)
  expect(await sums(node)).toEqual(['first 4', 'second 4'])
  const nothing = await ask(node, 'summary', { fromMs: 1, toMs: 2 })
  expect(nothing).toMatchObject({ value: { totals: [{ processor: 'first', count: 0 }] } })
  // A processor with open payments cannot be left out.
  await configure(twins[0], 'delay', 3000)
  pay(node, 2)
  await until(async () => node.unacknowledgedCount === 0)
  await expect(restart(`second=${b}@0.1@5000`)).rejects.toThrow(
    /PROCESSORS does not name: 2 at first\. Name these again/,
  )
  node = await restart(`first=${a}@0.1@5000,second=${b}@0.2@5000`)
  await until(async () => (await settledBy(node)) === 10)
  expect(await sums(node)).toEqual(['first 6', 'second 4'])
})

test('a journal that is damaged in its middle stops the start, and says where', async () => {
  const twins = await startTwins()
  const first = await startOn(twins, { JOURNAL_DIR: directory })
  const node = await connect(first.channelPort)
  for (let count = 0; count < 5; count += 1) {
    pay(node, 20)
    await until(() => node.unacknowledgedCount === 0)
  }
  await first.stop()
  const file = join(directory, readdirSync(directory).filter(name => name.startsWith('segment-'))[0] ?? '')
  const bytes = readFileSync(file)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(file, bytes)
  await expect(startOn(twins, { JOURNAL_DIR: directory })).rejects.toThrow(/segment-.*byte \d+/)
})

test('a torn end is cut off, and every fact before it is kept', async () => {
  const twins = await startTwins()
  const first = await startOn(twins, { JOURNAL_DIR: directory })
  const node = await connect(first.channelPort)
  pay(node, 30)
  await until(async () => (await settledBy(node)) === 30)
  await first.stop()
  const file = join(directory, readdirSync(directory).filter(name => name.startsWith('segment-'))[0] ?? '')
  truncateSync(file, statSync(file).size - 3)
  const second = await startOn(twins, { JOURNAL_DIR: directory })
  const again = await connect(second.channelPort)
  // The last fact was a settlement. The processor is now asked about that payment.
  await until(async () => (await settledBy(again)) === 30)
})

test('a purge of an API node is in the audit log of the next coordinator, and the payments are gone', async () => {
  const twins = await startTwins()
  const environment = { JOURNAL_DIR: directory, PURGE_ALLOWED: 'true' }
  const first = await startOn(twins, environment)
  const node = await connect(first.channelPort)
  pay(node, 3)
  await until(async () => (await settledBy(node)) === 3)
  expect(await ask(node, 'purge', {})).toMatchObject({ ok: true })
  await first.stop()
  const second = await startOn(twins, environment)
  const audit = await readJson(`http://127.0.0.1:${second.adminPort}/audit`)
  expect(audit.entries).toMatchObject([
    { who: 'api1', via: 'channel', what: 'purge', before: { acceptedCount: 3, settledCount: 3 } },
  ])
  expect(await settledBy(await connect(second.channelPort))).toBe(0)
})
