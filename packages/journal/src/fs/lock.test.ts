import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { paymentRecordBytes } from '@rinha/payment'
import { temporaryDirectory, until } from '@rinha/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { viewOf } from '../format.ts'
import { recoverJournal } from '../recover.ts'
import { openDirectory } from './open-directory.ts'

let directory = ''
const children: ChildProcess[] = []
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process that appends, with its output so far. */
function startAppender() {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const file = fileURLToPath(new URL('./appender.worker.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', tsx, file, directory], { stdio: 'pipe' })
  children.push(child)
  const said = { child, output: '', error: '' }
  child.stdout.on('data', chunk => {
    said.output += String(chunk)
  })
  child.stderr.on('data', chunk => {
    said.error += String(chunk)
  })
  return said
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await until(() => child.signalCode !== null && child.stdout?.closed === true)
}

async function open() {
  const opened = await openDirectory(directory)
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

test('a directory has one writer, which is named to a second one; once it is released it is free', async () => {
  const first = await open()
  const second = await openDirectory(directory)
  expect(second).toMatchObject({
    ok: false,
    error: expect.stringMatching(new RegExp(`JOURNAL_DIR.*in use by process ${process.pid} on host \\S+`)),
  })
  first.release()
  expect(readdirSync(directory)).toEqual([])
  const third = await open()
  third.release()
})

test('when many processes start at once on a stale lock, exactly one gets the lock', async () => {
  symlinkSync('lock-000000000000', join(directory, 'lock'))
  // A process that died between claiming the lock and taking it over.
  symlinkSync('lock-111111111111', join(directory, 'lock-000000000000-next'))
  for (let round = 0; round < 10; round += 1) {
    const opened = await Promise.all(Array.from({ length: 8 }, () => openDirectory(directory)))
    const holders = opened.filter(each => each.ok)
    expect(holders.length).toBe(1)
    expect((await openDirectory(directory)).ok).toBe(false)
    for (const each of holders) each.value.release()
    // The state that a killed process leaves.
    symlinkSync(`lock-${String(round).padStart(12, '0')}`, join(directory, 'lock'))
  }
})

test('after a kill in the middle of commits, again and again, the next start succeeds at once and has every confirmed entry', async () => {
  let confirmedBefore = 0
  for (let round = 0; round < 4; round += 1) {
    const appender = startAppender()
    const lineCount = 300 + round * 130
    await until(
      () => appender.output.split('\n').length > lineCount || appender.error !== '',
      'it has confirmed',
      30_000,
    )
    expect(appender.error).toBe('')
    await kill(appender.child)
    const lines = appender.output.split('\n').slice(0, -1)
    const confirmed = Number(lines.at(-1))
    expect(confirmed).toBeGreaterThan(confirmedBefore)

    const { disk, release } = await open()
    const numbers: number[] = []
    const found = recoverJournal(
      disk,
      { processors: ['default', 'fallback'], segmentBytesMax: 20_000 },
      {
        restore: () => {},
        apply: entry => {
          if (entry.kind !== 'accepted') return
          for (let at = 0; at < entry.records.length; at += paymentRecordBytes)
            numbers.push(viewOf(entry.records).getUint32(at + 20))
        },
      },
    )
    release()
    expect(found.ok).toBe(true)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(numbers.length).toBeGreaterThanOrEqual(confirmed)
    confirmedBefore = numbers.length
  }
}, 120_000)

test('a second process is refused while the first one lives', async () => {
  const { release } = await open()
  const appender = startAppender()
  await until(() => appender.child.exitCode !== null, 'the appender has ended', 30_000)
  release()
  expect(appender.child.exitCode).toBe(3)
  expect(appender.error).toMatch(/in use by process/)
})
