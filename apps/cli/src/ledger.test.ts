import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openArchive } from '@rinha/archive/level'
import { journalOnDisk, recoverJournal } from '@rinha/journal'
import { openDirectory, shardDirectory } from '@rinha/journal/fs'
import { onlyShard, paymentRecordBytes, shardMark, writePaymentRecord } from '@rinha/payment'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { beforeAll, expect, test } from 'vitest'
import { ledger as command } from './ledger.ts'

const startMs = Date.UTC(2026, 2, 1, 12)
const processors = ['default', 'fallback']
const path = temporaryDirectory()
const idOf = (number: number) => new Uint8Array(16).fill(number)

/** Ten payments, one a second; the odd ones settle at the fallback. The last one is still under way. */
beforeAll(() =>
  writeJournal(
    path,
    Array.from({ length: 10 }, (_, number) => number),
  ),
)

async function writeJournal(directory: string, numbers: readonly number[], shard = onlyShard): Promise<void> {
  const opened = await openDirectory(directory)
  if (!opened.ok) throw new Error(opened.error)
  const options = { processors, segmentBytesMax: 65_536 }
  const recovered = recoverJournal(opened.value.disk, options, { restore: () => {}, apply: () => {} })
  if (!recovered.ok) throw new Error(recovered.error.words)
  const given = { ...options, journalId: new Uint8Array(16).fill(5) }
  const timers = {
    after: (delayMs: number, run: () => void) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    soon: (run: () => void) => void setImmediate(run),
  }
  const journal = journalOnDisk(opened.value.disk, recovered.value, given, timers)
  const mark = shardMark(shard)
  if (mark !== undefined) journal.append({ kind: 'noted', topic: 'shard', text: mark })
  for (const [row, number] of numbers.entries()) {
    const requestedAtMs = startMs + number * 1000
    const attempt = { row, processor: number % 2, requestedAtMs }
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, idOf(number), 1990)
    journal.append({ kind: 'accepted', acceptedAtMs: requestedAtMs - 5, records })
    journal.append({ kind: 'sent', ...attempt })
    if (number < 9) journal.append({ kind: 'settled', ...attempt })
  }
  await new Promise<void>(resolve => journal.close(resolve))
  opened.value.release()
}

test('of several shards all are written, in the order of requestedAt, with the totals of all', async () => {
  const directory = temporaryDirectory()
  const shards = [0, 1, 2].map(index => ({ index, count: 3 }))
  for (const shard of shards) {
    const own = Array.from({ length: 10 }, (_, number) => number).filter(number => number % 3 === shard.index)
    await writeJournal(shardDirectory(directory, shard), own, shard)
  }
  const one = await said('--format', 'jsonl')
  const several = await outcomeOf(command, 'export', '--dir', directory, '--format', 'jsonl')
  expect([several.code, several.stdout]).toEqual([0, one.stdout])
  expect(several.stderr).toMatch(/default +5 +99\.50\nfallback +4 +79\.60\n$/)
  // A shard's own directory is exported by itself.
  const part = await outcomeOf(command, 'export', '--dir', join(directory, 'shard-1'))
  expect([part.code, part.stdout.trimEnd().split('\n').length]).toEqual([0, 4])
  rmSync(join(directory, 'shard-1'), { recursive: true })
  const missing = await outcomeOf(command, 'export', '--dir', directory)
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/shard 1 is missing/)])
})

const said = (...argv: readonly string[]) => outcomeOf(command, 'export', '--dir', path, ...argv)

test('as CSV, everything that settled is written, and the totals come at the end', async () => {
  const { code, stdout, stderr } = await said()
  expect([code, stderr]).toEqual([0, expect.stringMatching(/default +5 +99\.50\nfallback +4 +79\.60\n$/)])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.length).toBe(10)
  expect(lines.slice(0, 3)).toEqual([
    'correlationId,amount,processor,requestedAt,acceptedAt',
    '00000000-0000-0000-0000-000000000000,19.90,default,2026-03-01T12:00:00.000Z,2026-03-01T11:59:59.995Z',
    '01010101-0101-0101-0101-010101010101,19.90,fallback,2026-03-01T12:00:01.000Z,2026-03-01T12:00:00.995Z',
  ])
})

test('as JSON lines, with the payments of a span, into a file that is there when it is whole', async () => {
  const file = join(temporaryDirectory(), 'export.jsonl')
  const span = ['--from', '2026-03-01T12:00:02Z', '--to', '2026-03-01T12:00:04.000Z']
  const { code, stdout } = await said('--format', 'jsonl', ...span, '--out', file)
  expect([code, stdout]).toEqual([0, ''])
  const rows = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(rows.map(({ requestedAt }) => requestedAt)).toEqual(
    [2, 3, 4].map(second => `2026-03-01T12:00:0${second}.000Z`),
  )
  expect(rows[0]).toEqual({
    correlationId: '02020202-0202-0202-0202-020202020202',
    amount: 19.9,
    processor: 'default',
    requestedAt: '2026-03-01T12:00:02.000Z',
    acceptedAt: '2026-03-01T12:00:01.995Z',
  })
  expect(existsSync(`${file}.part`)).toBe(false)
})

test('an archive that does not fit the sums of the ledger is told, and no file is made', async () => {
  const wanted = { processors, generation: 0, countMin: 0, onProblem: () => {} }
  const opened = await openArchive(join(path, 'archive'), wanted)
  if (!opened.ok) throw new Error(opened.error)
  const requestedAtMs = startMs + 500
  const payment = {
    correlationId: idOf(99),
    amountCents: 5,
    acceptedAtMs: requestedAtMs,
    processor: 0,
    requestedAtMs,
  }
  await new Promise(done => opened.value.archive.add([{ ...payment, state: 'settled', reason: '' }], done))
  // The archive is in use: a running coordinator has it open, too.
  const file = join(temporaryDirectory(), 'export.csv')
  const all = await said()
  expect([all.code, all.stdout.split('\n').length]).toEqual([1, 12])
  expect(all.stderr).toMatch(
    "ledger: the export is not whole: the ledger's sums of default are 5 payments, 99.50.",
  )
  expect((await said('--out', file)).code).toBe(1)
  expect(readdirSync(dirname(file))).toEqual([])
  expect((await said('--out', join(file, 'no', 'folder'))).code).toBe(1)
  expect((await said('--from', '2026-03-01T12:00:01Z')).code).toBe(0)
  expect(readdirSync(join(path, 'archive'))).toEqual(['generation-0'])
  await opened.value.close()
  rmSync(join(path, 'archive'), { recursive: true })
})

test.each([
  ['an instant that is none', ['--from', 'yesterday'], 2, '--from "yesterday" is no instant'],
  ['a folder without a journal', ['--dir', temporaryDirectory()], 1, 'there is no journal in'],
  ['a folder that is none', ['--dir', join(path, 'nothing')], 1, 'cannot be read'],
  ['a span that ends before it begins', ['--from', '2026-03-02', '--to', '2026-03-01'], 2, 'is after --to'],
  ['an output that cannot be written', ['--out', join(path, 'no', 'file')], 1, 'cannot be written'],
  ['a disk that is full', ['--out', '/dev/full'], 1, 'ledger: the output cannot be written: ENOSPC'],
])('%s is refused', async (_, argv, code, words) => {
  expect(await outcomeOf(command, 'export', '--dir', path, ...argv)).toMatchObject({
    code,
    stderr: expect.stringContaining(words),
  })
})

test('without a folder and without JOURNAL_DIR the command line is wrong', async () => {
  const { code, stderr } = await outcomeOf(command, 'export')
  expect([code, stderr]).toEqual([2, expect.stringContaining('--dir is missing')])
})
