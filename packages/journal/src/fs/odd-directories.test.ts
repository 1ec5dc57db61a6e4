import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { recoverJournal } from '../recover.ts'
import { options, Replay } from '../testing.ts'
import { openDirectory } from './open-directory.ts'

/** For any JOURNAL_DIR, a start ends within a second or so, with an error text or with a journal. */

const pipe = (path: string) => execFileSync('mkfifo', [path])

/** The problem of a start on the directory, or undefined; and how long the start took. */
async function start(path: string) {
  const startedMs = performance.now()
  const opened = await openDirectory(path)
  let words = opened.ok ? undefined : opened.error
  if (opened.ok) {
    const found = recoverJournal(opened.value.disk, options, new Replay())
    words = found.ok ? undefined : `${found.error.file}: ${found.error.words}`
    opened.value.release()
  }
  return { words, tookMs: performance.now() - startedMs }
}

test.each<[string, (directory: string) => string, RegExp]>([
  [
    'a pipe',
    directory => {
      pipe(join(directory, 'pipe'))
      return 'pipe'
    },
    /JOURNAL_DIR.*EEXIST/,
  ],
  [
    'below a pipe',
    directory => {
      pipe(join(directory, 'pipe'))
      return 'pipe/below'
    },
    /JOURNAL_DIR.*(ENOTDIR|EEXIST)/,
  ],
  [
    'a file',
    directory => {
      writeFileSync(join(directory, 'file'), '')
      return 'file'
    },
    /JOURNAL_DIR.*EEXIST/,
  ],
  [
    'a link to itself',
    directory => {
      symlinkSync('loop', join(directory, 'loop'))
      return 'loop'
    },
    /JOURNAL_DIR.*(ELOOP|EEXIST)/,
  ],
  [
    'a directory whose segment is a pipe',
    directory => {
      pipe(join(directory, 'segment-0000000000000001.log'))
      return '.'
    },
    /segment-.*is no file/,
  ],
  [
    'a directory whose snapshot is a directory',
    directory => {
      mkdirSync(join(directory, 'snapshot-0000000000000001.img'))
      return '.'
    },
    /snapshot-.*is no file/,
  ],
  [
    'a directory whose lock is none',
    directory => {
      mkdirSync(join(directory, 'lock'))
      return '.'
    },
    /lock in JOURNAL_DIR/,
  ],
])('%s is refused in words', async (_, make, words) => {
  const directory = temporaryDirectory()
  const refused = await start(join(directory, make(directory)))
  expect(refused.words).toMatch(words)
  expect(refused.tookMs).toBeLessThan(1500)
})

test
  .runIf(process.platform === 'linux')
  .each(['/proc', '/proc/journal', '/sys/journal', '/dev/full', '/dev/fd'])(
  '%s is refused in words',
  async path => {
    const refused = await start(path)
    expect(refused.words).toMatch(/JOURNAL_DIR/)
    expect(refused.tookMs).toBeLessThan(1500)
  },
)

test('a trial file that an earlier start left does not disturb, and this start leaves none', async () => {
  const directory = temporaryDirectory()
  pipe(join(directory, 'probe'))
  expect((await start(directory)).words).toBeUndefined()
  expect(readdirSync(directory)).toEqual([])
})

test('when many processes make a directory at once, each finds it', async () => {
  const path = join(temporaryDirectory(), 'deep', 'down')
  const opened = await Promise.all(Array.from({ length: 4 }, () => openDirectory(path)))
  expect(existsSync(path)).toBe(true)
  expect(opened.filter(({ ok }) => ok)).toHaveLength(1)
  for (const each of opened) if (each.ok) each.value.release()
  for (const each of opened) if (!each.ok) expect(each.error).toMatch(/in use by/)
})
