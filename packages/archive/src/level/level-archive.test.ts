import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory, until } from '@rinha/testing'
import { ClassicLevel } from 'classic-level'
import { describe, expect, test } from 'vitest'
import type { Archive, ArchivedPayment } from '../archive.ts'
import { archiveContract } from '../contract.ts'
import { discardedPayment, settledPayment } from '../testing.ts'
import type { LevelArchiveOptions } from './level-archive.ts'
import { openArchive } from './open-archive.ts'
import { readArchive } from './read-archive.ts'

const processors = ['default', 'fallback']
interface Wanted extends LevelArchiveOptions {
  readonly generation: number
  readonly countMin: number
}
const usual: Wanted = { processors, generation: 0, countMin: 0, onProblem: () => {} }

async function open(path: string, wanted: Partial<Wanted> = {}) {
  const opened = await openArchive(path, { ...usual, ...wanted })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

async function add(archive: Archive, ...payments: ArchivedPayment[]): Promise<void> {
  const problem = await new Promise(resolve => archive.add(payments, resolve))
  expect(problem).toBeUndefined()
}

const problemOf = async (path: string, wanted: Partial<Wanted> = {}) => {
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

describe('the filter of ids', () => {
  const opened = async () => {
    const path = temporaryDirectory()
    const { archive, close } = await open(path)
    await add(archive, settledPayment(1), discardedPayment(2))
    await close()
    return { path, store: join(path, 'generation-0') }
  }
  const bothAreThere = async (path: string, problems: readonly string[]) => {
    const told: string[] = []
    const { archive, close } = await open(path, { onProblem: line => told.push(line) })
    expect(archive.find(settledPayment(1).correlationId, 0)).toEqual(settledPayment(1))
    expect(archive.find(discardedPayment(2).correlationId, 0)).toEqual(discardedPayment(2))
    await add(archive, settledPayment(1))
    expect(archive.count).toBe(2)
    await close()
    expect(told).toEqual(problems)
  }
  const isBuilt = ['the filter of the archive is built: 2 payments']

  test('what the machine had not written to it yet is added from the store', async () => {
    const { path, store } = await opened()
    writeFileSync(join(store, 'known-0'), new Uint8Array(statSync(join(store, 'known-0')).size))
    await bothAreThere(path, [])
    await bothAreThere(path, [])
  })

  test('a file that is missing is built', async () => {
    const { path, store } = await opened()
    rmSync(join(store, 'known-0'))
    await bothAreThere(path, isBuilt)
    await bothAreThere(path, [])
  })

  test('a store that an earlier version has written gets one', async () => {
    const { path, store } = await opened()
    writeFileSync(join(store, 'known-0'), new Uint8Array(statSync(join(store, 'known-0')).size))
    const level = new ClassicLevel(store, { valueEncoding: 'json' })
    await level.put('m', { version: 1, count: 2, processors: ['default'] } as never)
    await level.clear({ gte: 'p', lt: 'q' })
    await level.close()
    await bothAreThere(path, isBuilt)
    await bothAreThere(path, [])
  })

  test('it grows with the archive, and no payment is missed', async () => {
    const path = temporaryDirectory()
    const count = 2000
    const all = Array.from({ length: count }, (_, number) => settledPayment(number))
    const first = await open(path, { filterIdCountMin: 64 })
    for (let from = 0; from < count; from += 70) await add(first.archive, ...all.slice(from, from + 70))
    await first.close()
    const { archive, close } = await open(path, { filterIdCountMin: 64 })
    expect(readdirSync(join(path, 'generation-0')).filter(name => name.startsWith('known-'))).toHaveLength(6)
    expect(all.every(payment => archive.find(payment.correlationId, 0) !== undefined)).toBe(true)
    await close()
  })
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
