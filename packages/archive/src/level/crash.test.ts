import { execFileSync, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { temporaryDirectory, until } from '@rinha/testing'
import { expect, onTestFinished, test } from 'vitest'
import type { Archive } from '../archive.ts'
import { settledPayment } from '../testing.ts'
import { openArchive } from './open-archive.ts'

async function open(path: string) {
  const wanted = { processors: ['default'], generation: 0, countMin: 0, onProblem: () => {} }
  const opened = await openArchive(path, wanted)
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

const isThere = (archive: Archive, number: number) =>
  archive.find(settledPayment(number).correlationId, 0)?.amountCents === settledPayment(number).amountCents

test('after a kill, again and again, the next start has every payment that was durable', async () => {
  const path = temporaryDirectory()
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const file = fileURLToPath(new URL('./adder.worker.ts', import.meta.url))
  let durableCount = 0
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ['--import', tsx, file, path], { stdio: 'pipe' })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += String(chunk)
    })
    await until(() => output.split('\n').length > 30)
    child.kill('SIGKILL')
    await until(() => child.stdout.closed)
    durableCount = Number(output.trimEnd().split('\n').at(-1))
    const { archive, close } = await open(path)
    expect(archive.count).toBeGreaterThanOrEqual(durableCount)
    for (let number = 0; number < durableCount; number += 1) expect(isThere(archive, number)).toBe(true)
    await close()
  }
  expect(durableCount).toBeGreaterThan(30_000)
})

// A limit on the size of a file is to a write what a full disk is: a part of it is written, and then it fails.
test.runIf(process.platform === 'linux')(
  'a write that fails loses nothing, reads go on, and adding again succeeds',
  async () => {
    const path = join(temporaryDirectory(), 'archive')
    const limitFiles = (bytes: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`])
    onTestFinished(() => {
      limitFiles('unlimited')
    })
    const { archive, close } = await open(path)
    const add = (from: number) =>
      new Promise<string | undefined>(resolve =>
        archive.add(
          Array.from({ length: 1000 }, (_, index) => settledPayment(from + index)),
          resolve,
        ),
      )
    expect(await add(0)).toBeUndefined()
    limitFiles(60_000)
    expect(await add(1000)).toMatch(/^JOURNAL_DIR: .*file too large/i)
    expect([archive.count, isThere(archive, 999), isThere(archive, 1999)]).toEqual([1000, true, false])
    expect(await add(1000)).toMatch(/file too large/i)
    expect(isThere(archive, 999)).toBe(true)
    limitFiles('unlimited')
    const adding = add(1000)
    let lookCount = 0
    let isAdded = false
    adding.then(() => {
      isAdded = true
    })
    // While the store is opened anew, every read is answered.
    for (; !isAdded; lookCount += 1) {
      expect(isThere(archive, lookCount % 1000)).toBe(true)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect([await adding, archive.count, lookCount > 3]).toEqual([undefined, 2000, true])
    expect(await add(2000)).toBeUndefined()
    await close()
    const next = await open(path)
    expect(next.archive.count).toBe(3000)
    for (let number = 0; number < 3000; number += 1) expect(isThere(next.archive, number)).toBe(true)
    await next.close()
  },
)
