import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory, until } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import type { Archive, ArchivedPayment } from '../archive.ts'
import { archiveContract } from '../contract.ts'
import { discardedPayment, settledPayment } from '../testing.ts'
import { openArchive } from './open-archive.ts'
import { readArchive } from './read-archive.ts'

const processors = ['default', 'fallback']
const usual = { processors, generation: 0, countMin: 0, onProblem: () => {} }

async function open(path: string, wanted: Partial<typeof usual> = {}) {
  const opened = await openArchive(path, { ...usual, ...wanted })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

async function add(archive: Archive, ...payments: ArchivedPayment[]): Promise<void> {
  const problem = await new Promise(resolve => archive.add(payments, resolve))
  expect(problem).toBeUndefined()
}

const problemOf = async (path: string, wanted: Partial<typeof usual> = {}) => {
  const opened = await openArchive(path, { ...usual, ...wanted })
  return opened.ok ? opened.value.close() : opened.error
}

describe('an archive in a directory', () => {
  test.each(archiveContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    const { archive, close } = await open(join(temporaryDirectory(), 'archive'))
    await check.run({
      archive,
      until: async (what, condition) => {
        await until(condition, what)
      },
    })
    await close()
  })
})

test('nothing is written before the first payment, and the next start finds all', async () => {
  const path = join(temporaryDirectory(), 'deep', 'archive')
  const first = await open(path)
  expect(() => readdirSync(path)).toThrow('ENOENT')
  await add(first.archive, settledPayment(1), discardedPayment(2))
  await first.close()
  const second = await open(path, { countMin: 2 })
  expect(second.archive.count).toBe(2)
  expect(second.archive.find(settledPayment(1).correlationId, 0)).toEqual(settledPayment(1))
  expect(second.archive.find(discardedPayment(2).correlationId, 0)).toEqual(discardedPayment(2))
  await second.close()
})

test('processors may change their order, and new ones come', async () => {
  const path = temporaryDirectory()
  const first = await open(path)
  await add(first.archive, settledPayment(1), { ...settledPayment(2), processor: 1 })
  await first.close()
  const second = await open(path, { processors: ['third', 'fallback', 'default'] })
  await add(second.archive, settledPayment(3))
  const processorOf = (archive: Archive, number: number) =>
    archive.find(settledPayment(number).correlationId, 0)?.processor
  expect([1, 2, 3].map(number => processorOf(second.archive, number))).toEqual([2, 1, 0])
  await second.close()
  const third = await open(path, { processors: [...processors, 'third'] })
  expect([1, 2, 3].map(number => processorOf(third.archive, number))).toEqual([0, 1, 2])
  await third.close()
  expect(await problemOf(path)).toMatch('it has payments of third, which the journal does not know')
})

test('a purge removes the files, also when the process died before it could', async () => {
  const path = temporaryDirectory()
  const first = await open(path)
  await add(first.archive, settledPayment(1))
  await first.close()
  // The journal has the purge.
  const second = await open(path, { generation: 1 })
  expect([second.archive.count, readdirSync(path)]).toEqual([0, []])
  await add(second.archive, settledPayment(2))
  second.archive.begin(2)
  await second.close()
  expect(readdirSync(path)).toEqual([])
})

test('an archive that has fewer payments than have left the ledger is refused, and so is one newer than the journal', async () => {
  const path = temporaryDirectory()
  expect(await problemOf(path, { countMin: 1 })).toMatch('has 0 payments, and the journal has moved 1 there')
  const { archive, close } = await open(path, { generation: 3 })
  await add(archive, settledPayment(1))
  await close()
  expect(await problemOf(path, { generation: 2 })).toMatch('is newer than the journal')
  expect(await problemOf(path, { generation: 3, countMin: 2 })).toMatch('has 1 payments')
  expect(await problemOf(path, { generation: 3, countMin: 1 })).toBeUndefined()
})

describe('a damaged archive is refused, and nothing in it is changed', () => {
  const damaged = async () => {
    const path = temporaryDirectory()
    const { archive, close } = await open(path)
    await add(archive, ...Array.from({ length: 1000 }, (_, index) => settledPayment(index)))
    await close()
    // A second start turns the log into a table.
    await (await open(path)).close()
    return { path, store: join(path, 'generation-0') }
  }
  const named = (names: readonly string[], pattern: RegExp) => names.find(name => pattern.test(name)) ?? ''

  test.each([
    ['a table is gone', /\.ldb$/],
    ['the list of tables is gone', /^MANIFEST/],
    ['the first file is gone', /^CURRENT$/],
  ])('%s', async (_, pattern) => {
    const { path, store } = await damaged()
    rmSync(join(store, named(readdirSync(store), pattern)))
    const tables = () => readdirSync(store).filter(name => name.endsWith('.ldb'))
    const before = tables()
    expect(await problemOf(path)).toMatch(`the archive in ${path} cannot be opened: `)
    expect(tables()).toEqual(before)
  })

  test('the list of tables is garbage', async () => {
    const { path, store } = await damaged()
    writeFileSync(join(store, named(readdirSync(store), /^MANIFEST/)), 'garbage'.repeat(99))
    expect(await problemOf(path)).toMatch('cannot be opened')
  })

  test('a file stands where the directory should', async () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'generation-0'), '')
    expect(await problemOf(path)).toMatch(/cannot be opened: .*generation-0/)
  })
})

test('a second process is refused, and may read', async () => {
  const path = temporaryDirectory()
  const { archive, close } = await open(path)
  await add(archive, settledPayment(1))
  expect(await problemOf(path)).toMatch(/cannot be opened: .*[Ll]ock/)
  const read = await readArchive(path, 0, processors)
  if (!read.ok || read.value === undefined) throw new Error('it can be read')
  await add(archive, settledPayment(2))
  expect(read.value.count).toBe(1)
  expect(read.value.find(settledPayment(1).correlationId, 0)).toEqual(settledPayment(1))
  await read.value.close()
  expect(readdirSync(path)).toEqual(['generation-0'])
  expect(await readArchive(path, 1, processors)).toEqual({ ok: true, value: undefined })
  await close()
})

test('what a reader left behind when it died is removed by the next start', async () => {
  const path = temporaryDirectory()
  mkdirSync(join(path, 'read-abc'))
  await (await open(path)).close()
  expect(readdirSync(path)).toEqual([])
})

test('a reader sees a whole archive at any time, while thousands are added and tables are replaced', async () => {
  const path = temporaryDirectory()
  const { archive, close } = await open(path)
  let addedCount = 0
  const adding = (async () => {
    for (let from = 0; from < 150_000; from += 5000) {
      await add(archive, ...Array.from({ length: 5000 }, (_, index) => settledPayment((from + index) * 7919)))
      addedCount = from + 5000
    }
  })()
  while (addedCount < 150_000) {
    const countMin = addedCount
    const read = await readArchive(path, 0, processors)
    if (!read.ok) throw new Error(read.error)
    if (read.value === undefined) continue
    let count = 0
    for await (const piece of read.value.settled(0, 2 ** 46)) count += piece.length
    expect(count).toBe(read.value.count)
    expect(count).toBeGreaterThanOrEqual(countMin)
    await read.value.close()
  }
  await adding
  await close()
})
