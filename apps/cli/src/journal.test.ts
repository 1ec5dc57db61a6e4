import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { journalOnDisk, recoverJournal } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { beforeAll, expect, test } from 'vitest'
import { journal as command } from './journal.ts'

const batchCount = 1000
const paymentCount = 30 * batchCount
const path = temporaryDirectory()

beforeAll(async () => {
  const opened = await openDirectory(path)
  if (!opened.ok) throw new Error(opened.error)
  const options = { processors: ['default', 'fallback'], segmentBytesMax: 65_536 }
  const recovered = recoverJournal(opened.value.disk, options, { restore: () => {}, apply: () => {} })
  if (!recovered.ok) throw new Error(recovered.error.words)
  const journal = journalOnDisk(
    opened.value.disk,
    recovered.value,
    { ...options, journalId: new Uint8Array(16).fill(5) },
    {
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
      soon: run => void setImmediate(run),
    },
  )
  const records = new Uint8Array(batchCount * 24)
  const view = new DataView(records.buffer)
  for (let first = 0; first < paymentCount; first += batchCount) {
    for (let index = 0; index < batchCount; index += 1) {
      view.setUint32(index * 24 + 12, first + index)
      view.setUint32(index * 24 + 20, 1990)
    }
    journal.append({ kind: 'accepted', acceptedAtMs: 1_754_774_396_123, records })
    await new Promise<void>(resolve => journal.whenSynced(resolve))
  }
  await new Promise<void>(resolve => journal.close(resolve))
  opened.value.release()
})

const said = (...argv: readonly string[]) => outcomeOf(command, ...argv)

/** Runs the whole command in a process of its own, with its output in a pipe. */
function startCli(...argv: readonly string[]): { child: ChildProcess; exit: Promise<number | null> } {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', tsx, main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { child, exit: new Promise(resolve => child.on('close', resolve)) }
}

test('a dump has a line for every file and every payment, and verify counts them', async () => {
  const { code, stdout } = await said('dump', path)
  expect([code, stdout.split('\n').length - 1]).toEqual([0, readdirSync(path).length + paymentCount])
  expect(stdout).toMatch(/accepted row 29999 00000000-0000-0000-0000-00000000752f 19\.90 at 2025-08-09T/)
  const report = await said('verify', path)
  expect(report).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`\n${paymentCount} payments after frame`),
  })
  expect(report.stdout).toMatch(/\nThe journal is whole\.\n$/)
})

test('a slow reader gets every line of a dump', async () => {
  const { child, exit } = startCli('journal', 'dump', path)
  let lineCount = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    lineCount += chunk.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
    child.stdout?.pause()
    setTimeout(() => child.stdout?.resume(), 5)
  })
  expect(await exit).toBe(0)
  expect(lineCount).toBe(readdirSync(path).length + paymentCount)
})

test('a dump whose reader closes the pipe early ends without an error', async () => {
  const { child, exit } = startCli('journal', 'dump', path)
  let error = ''
  child.stderr?.on('data', chunk => {
    error += String(chunk)
  })
  child.stdout?.once('data', () => child.stdout?.destroy())
  expect([await exit, error]).toEqual([0, ''])
})

test('a missing or damaged journal is reported, with exit code 1', async () => {
  expect(await said('verify', join(path, 'nothing'))).toMatchObject({ code: 1, stdout: '' })
  const empty = temporaryDirectory()
  expect(await said('verify', empty)).toMatchObject({
    code: 1,
    stderr: `journal: there is no journal in ${empty}\n`,
  })
  const damaged = join(empty, 'segment-0000000000000001.log')
  writeFileSync(damaged, new Uint8Array(500).fill(7))
  const verified = await said('verify', empty)
  expect(verified).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('The journal is damaged: segment-'),
  })
  expect(await said('dump', empty)).toMatchObject({ code: 1, stderr: expect.stringContaining('segment-') })
  truncateSync(damaged, 0)
  expect(await said('verify', empty)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('0 payments'),
  })
})

test.each([
  ['nothing', [], 'verify|dump is missing'],
  ['no directory', ['dump'], 'DIR is missing: the path of a folder'],
  ['an unknown word', ['show', path], 'verify|dump "show" is not allowed: one of verify, dump'],
  ['too many words', ['dump', path, path], 'is one word too many'],
])('a command line with %s is refused with exit code 2', async (_, argv, words) => {
  expect(await said(...argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) })
})

test('help', async () => {
  const { code, stdout, stderr } = await said('--help')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^Reads a coordinator's journal.*Usage: npm run journal -- verify\|dump DIR\n.*Exit code/s,
  )
})
