import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerOf } from '@rinha/admin-api'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { closeAll, pay, type Stack, startStack, tokens, totals, until } from '../testing.ts'

afterEach(closeAll)

type Replay = AnswerOf<'getReplay'>

async function read(admin: string): Promise<Replay> {
  const response = await fetch(`${admin}/replay`, { headers: { authorization: `Bearer ${tokens.viewer}` } })
  expect(response.status).toBe(200)
  return (await response.json()) as Replay
}

const settledBy = async ({ node }: Stack) => (await totals(node)).reduce((sum, { count }) => sum + count, 0)

test('a run is replayed while it goes on, and the last second equals the present state', async () => {
  const stack = await startStack({ JOURNAL_DIR: temporaryDirectory() })
  const { node, admin } = stack
  for (const count of [30, 20]) {
    pay(node, count)
    await new Promise(resolve => setTimeout(resolve, 1100))
  }
  await until(async () => (await settledBy(stack)) === 50)
  const { samples, columns, processors, isWhole } = await read(admin)
  expect([processors, isWhole]).toEqual([['default', 'fallback'], true])
  const column = (name: string) => samples.map(sample => sample[columns.indexOf(name)] ?? -1)
  expect(column('settledCount').at(0)).toBeLessThan(50)
  expect(column('settledCount').at(-1)).toBe(50)
  const sums = ['count', 'amountCents'].map((_, place) =>
    processors.map(name => column(`${name} ${['settledCount', 'settledAmountCents'][place]}`).at(-1)),
  )
  const books = await totals(node)
  expect(sums).toEqual([books.map(({ count }) => count), books.map(({ amountCents }) => amountCents)])
  expect(column('atMs').every((atMs, index, all) => index === 0 || atMs > (all[index - 1] ?? 0))).toBe(true)
})

test('several requests at once share one replay, and it can be requested again', async () => {
  const stack = await startStack({ JOURNAL_DIR: temporaryDirectory() })
  pay(stack.node, 5)
  await until(async () => (await settledBy(stack)) === 5)
  const [first, second] = await Promise.all([read(stack.admin), read(stack.admin)])
  expect(first).toEqual(second)
  pay(stack.node, 5)
  await until(async () => (await settledBy(stack)) === 10)
  const third = await read(stack.admin)
  expect(third.samples.at(-1)?.[third.columns.indexOf('settledCount')]).toBe(10)
})

test('without a journal, or with an unreadable one, the answer is a problem', async () => {
  const without = await startStack()
  expect((await fetch(`${without.admin}/replay`)).status).toBe(409)
  const directory = temporaryDirectory()
  const { admin } = await startStack({ JOURNAL_DIR: directory })
  const [segment = ''] = readdirSync(directory).filter(name => name.startsWith('segment-'))
  const path = join(directory, segment)
  truncateSync(path, 0)
  writeFileSync(path, new Uint8Array(500).fill(7))
  const response = await fetch(`${admin}/replay`)
  const problem = (await response.json()) as { detail: string }
  expect([response.status, problem.detail]).toEqual([503, expect.stringContaining(segment)])
})

test('a stop ends a replay that is under way', async () => {
  const { coordinator, admin } = await startStack({ JOURNAL_DIR: temporaryDirectory() })
  const asked = fetch(`${admin}/replay`).catch(() => undefined)
  await new Promise(resolve => setTimeout(resolve, 20))
  await coordinator.stop()
  await asked
})
