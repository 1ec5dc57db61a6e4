import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { openAuditFile } from './audit-file.ts'
import { AuditFailure, AuditLog } from './audit-log.ts'

const wallMs = () => Date.parse('2026-11-30T12:00:00.000Z')
const openAt = async (directory: string, bytesMax?: number) =>
  new AuditLog(await openAuditFile(directory, bytesMax), wallMs)
const change = (after: unknown) => ({ who: 'anna', what: 'settings', before: null, after }) as const

test('the next process reads the changes, newest first', async () => {
  const directory = temporaryDirectory()
  const log = await openAt(directory)
  await Promise.all([1, 2, 3].map(after => log.record(change(after))))
  const next = await openAt(directory)
  expect(next.page(2).map(({ seq, after }) => [seq, after])).toEqual([
    [3, 3],
    [2, 2],
  ])
  expect(next.page(10, 2)).toEqual([{ seq: 1, at: '2026-11-30T12:00:00.000Z', ...change(1) }])
  expect(next.latest('settings')?.after).toBe(3)
  expect(next.latest('sending')).toBeUndefined()
  expect((await next.record(change(4))).seq).toBe(4)
})

test('wherever the last write was torn, the entries before it are read and the next entry is whole', async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'audit.jsonl')
  const log = await openAt(directory)
  await log.record(change('first'))
  const wholeBytes = statSync(path).size
  await log.record(change('second'))
  const both = readFileSync(path)
  for (let bytesCount = wholeBytes; bytesCount < both.length; bytesCount += 1) {
    writeFileSync(path, both)
    truncateSync(path, bytesCount)
    const next = await openAt(directory)
    expect(next.page(10).map(({ after }) => after)).toEqual(['first'])
    await next.record(change('third'))
    expect((await openAt(directory)).page(10).map(({ after }) => after)).toEqual(['third', 'first'])
  }
})

test('a torn write whose newline was written is cut off as well', async () => {
  const directory = temporaryDirectory()
  await (await openAt(directory)).record(change('first'))
  appendFileSync(join(directory, 'audit.jsonl'), '\0\0\0\n')
  const next = await openAt(directory)
  await next.record(change('second'))
  expect((await openAt(directory)).page(10).map(({ after }) => after)).toEqual(['second', 'first'])
})

test('a log that is damaged in its middle stops the start, and the problem names the line', async () => {
  const directory = temporaryDirectory()
  const log = await openAt(directory)
  for (const after of [1, 2, 3]) await log.record(change(after))
  const path = join(directory, 'audit.jsonl')
  const lines = readFileSync(path, 'utf8').split('\n')
  writeFileSync(path, [lines[0], 'x', ...lines.slice(2)].join('\n'))
  await expect(openAt(directory)).rejects.toThrow('audit.jsonl is damaged in line 2')
})

test('the log does not grow without bound, and the settings in force survive', async () => {
  const directory = temporaryDirectory()
  const log = await openAt(directory, 1000)
  await log.record({ who: 'anna', what: 'sending', before: {}, after: { default: 'paused' } })
  for (let index = 0; index < 100; index += 1) await log.record(change(index))
  for (const name of ['audit.jsonl', 'audit.1.jsonl'])
    expect(statSync(join(directory, name)).size).toBeLessThan(1500)
  const next = await openAt(directory, 1000)
  expect(next.latest('sending')?.after).toEqual({ default: 'paused' })
  const seqs = next.page(1000).map(({ seq }) => seq)
  expect(seqs.slice(0, 5)).toEqual([101, 100, 99, 98, 97])
  expect(new Set(seqs).size).toBe(seqs.length)
})

test('a process that dies after any step of rewriting the file loses no listed entry', async () => {
  const directory = temporaryDirectory()
  const [path, earlierPath] = ['audit.jsonl', 'audit.1.jsonl'].map(name => join(directory, name)) as [
    string,
    string,
  ]
  const log = await openAt(directory, 1000)
  await log.record({ who: 'anna', what: 'sending', before: {}, after: { default: 'paused' } })
  while (statSync(path).size <= 1000) await log.record(change('x'))
  const seqs = log.page(1000).map(({ seq }) => seq)
  const died = async (line: string) => {
    const next = await openAt(directory, 1000)
    expect(
      next.page(1000).map(({ seq }) => seq),
      line,
    ).toEqual(seqs)
    expect(next.latest('sending')?.after, line).toEqual({ default: 'paused' })
    return next
  }
  writeFileSync(`${path}.next`, readFileSync(path).subarray(0, 50))
  await died('the next file is torn')
  writeFileSync(`${path}.next`, `${readFileSync(path, 'utf8').split('\n').slice(0, 1).join('')}\n`)
  await died('the next file is written')
  renameSync(path, earlierPath)
  // The second rename has failed while the process lives, so the log can go on.
  await log.record(change('after'))
  seqs.unshift((seqs[0] ?? 0) + 1)
  await died('both are renamed')
  rmSync(path)
  seqs.shift()
  const next = await died('the first one is renamed')
  expect((await next.record(change('more'))).seq).toBe((seqs[0] ?? 0) + 1)
})

test('a change that cannot be written is refused, is not announced, and leaves the log as it was', async () => {
  const directory = join(temporaryDirectory(), 'journal')
  await mkdir(directory)
  const log = await openAt(directory)
  await log.record(change(1))
  await rm(directory, { recursive: true })
  await expect(log.record(change(2))).rejects.toThrow(AuditFailure)
  await mkdir(directory)
  writeFileSync(join(directory, 'audit.jsonl'), '')
  await log.record(change(3))
  expect(log.since(1).map(({ after }) => after)).toEqual([3])
  await log.record(change(4))
  expect(log.page(10).map(({ seq, after }) => [seq, after])).toEqual([
    [3, 4],
    [2, 3],
    [1, 1],
  ])
})

test('without a journal the last entries are kept in memory', async () => {
  const log = new AuditLog(undefined, wallMs)
  for (let index = 0; index < 1005; index += 1) await log.record(change(index))
  const all = log.page(2000)
  expect([all.length, all.at(-1)?.after]).toEqual([1000, 5])
})
