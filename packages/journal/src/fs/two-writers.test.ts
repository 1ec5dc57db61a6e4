import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { Prng } from '@rinha/base'
import { temporaryDirectory, until } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { journalOnDisk } from '../file-log.ts'
import { recoverJournal } from '../recover.ts'
import { options, Replay, recordsOf } from '../testing.ts'
import { verifyJournal } from '../verify.ts'
import { openDirectory, readDirectory } from './open-directory.ts'

/** The tests of `two-writers.test.ts`, with real files instead of simulated disks. */

const prng = new Prng(1)
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
})

/** The journal of one process on the directory. */
async function open(path: string, isBlind = false) {
  const opened = await openDirectory(path)
  if (!opened.ok) throw new Error(opened.error)
  const { disk, release } = opened.value
  if (isBlind) Object.assign(disk, { lost: () => undefined })
  const replay = new Replay()
  const found = recoverJournal(disk, options, replay)
  if (!found.ok) throw new Error(found.error.words)
  const lines: string[] = []
  const journal = journalOnDisk(
    disk,
    found.value,
    { ...options, journalId: new Uint8Array(16).fill(1), onLost: line => lines.push(line) },
    {
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
      soon: run => {
        setImmediate(run)
      },
    },
  )
  closers.push(() => journal.close(release))
  const seen = { journal, lines, foundCount: replay.entries.length, confirmedCount: 0 }
  const append = () => {
    journal.append({ kind: 'accepted', acceptedAtMs: 1, records: recordsOf(prng, 1) })
    journal.whenSynced(() => {
      seen.confirmedCount += 1
    })
  }
  return Object.assign(seen, { append })
}

async function appended(writer: Awaited<ReturnType<typeof open>>, count: number): Promise<void> {
  const wanted = writer.confirmedCount + count
  for (let index = 0; index < count; index += 1) writer.append()
  await until(() => writer.confirmedCount === wanted)
}

test('when the lock is removed and another process starts, the first one confirms no more entries and says why', async () => {
  const path = temporaryDirectory()
  const first = await open(path)
  await appended(first, 5)
  rmSync(join(path, 'lock'))
  const second = await open(path)
  expect(second.foundCount).toBe(5)
  first.append()
  await appended(second, 3)
  await until(() => first.lines.length > 0)
  expect(first.lines[0]).toMatch(/JOURNAL_DIR.*another process has taken the lock/)
  expect(first.confirmedCount).toBe(5)
  // The next start succeeds, whatever the first process left.
  const disk = readDirectory(path)
  expect(disk.ok && verifyJournal(disk.value)).toMatchObject({ problem: undefined, paymentCount: 8 })
})

test.each<[string, (path: string) => void]>([
  ['its lock is removed', path => rmSync(join(path, 'lock'))],
  ['its directory is removed', path => rmSync(path, { recursive: true })],
  [
    'another directory stands in its place',
    path => {
      rmSync(path, { recursive: true })
      mkdirSync(path)
    },
  ],
  [
    'a copy stands in its place',
    path => {
      renameSync(path, `${path}.old`)
      cpSync(`${path}.old`, path, {
        recursive: true,
        verbatimSymlinks: true,
        filter: name => !/lock-/.test(name),
      })
    },
  ],
])('a process notices that %s, also with nothing to write', async (_, meddle) => {
  const path = join(temporaryDirectory(), 'journal')
  const holder = await open(path)
  await appended(holder, 1)
  meddle(path)
  await until(() => holder.lines.length > 0, 'it has noticed', 2000)
  holder.append()
  expect([holder.confirmedCount, holder.journal.failure?.code]).toEqual([1, 'FENCED'])
})

test.each<[string, (file: string) => void]>([
  ['removed', file => rmSync(file)],
  ['shortened', file => truncateSync(file, 90)],
])('a segment that is %s under its writer keeps nothing from being found out', async (_, meddle) => {
  const path = temporaryDirectory()
  const holder = await open(path)
  await appended(holder, 1)
  meddle(join(path, readdirSync(path).find(name => name.startsWith('segment-')) ?? ''))
  holder.append()
  await until(() => holder.lines.length > 0)
  expect(holder.confirmedCount).toBe(1)
})

test('two writers that cannot see each other’s lock are noticed by the next start, and by verify', async () => {
  const path = temporaryDirectory()
  const first = await open(path, true)
  await appended(first, 2)
  rmSync(join(path, 'lock'))
  const second = await open(path, true)
  await appended(first, 3)
  await appended(second, 3)
  const disk = readDirectory(path)
  if (!disk.ok) throw new Error(disk.error)
  const words = /start 1 wrote on here.*Two coordinators wrote here at the same time/
  expect(verifyJournal(disk.value).problem?.words).toMatch(words)
  const next = recoverJournal(disk.value, options, new Replay())
  expect(!next.ok && next.error.words).toMatch(words)
})
