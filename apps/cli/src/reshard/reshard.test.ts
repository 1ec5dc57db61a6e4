import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import {
  type Fact,
  onlyShard,
  paymentRecordBytes,
  printCorrelationId,
  writePaymentRecord,
} from '@rinha/payment'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { beforeAll, expect, test } from 'vitest'
import { ledger as command } from '../ledger.ts'
import { newShard } from './new-shard.ts'
import { openSources } from './sources.ts'

const names = ['default', 'fallback']
const startMs = Date.UTC(2026, 2, 1, 12)
const paymentCount = 120
const from = join(temporaryDirectory(), 'one')

/** A payment in each state by turns, two a second; of the first half, those that have ended are in the archive. */
function* facts(): Generator<Fact, void, void> {
  for (let row = 0; row < paymentCount; row += 1) {
    const acceptedAtMs = startMs + row * 500
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, new Uint8Array(16).fill(row * 37), 100 + row)
    yield { kind: 'accepted', acceptedAtMs, records }
    const attempt = { row, processor: row % 2, requestedAtMs: acceptedAtMs + 1 }
    if (row % 6 === 0) continue
    if (row % 6 === 1) yield { kind: 'rejected', row, reason: '422 no' }
    else yield { kind: 'sent', ...attempt }
    if (row % 6 === 3) yield { kind: 'requeued', row, doubt: 'refused' }
    if (row % 6 > 3) yield { kind: 'settled', ...attempt }
    if (row % 12 === 1) yield { kind: 'discarded', row }
  }
}

const entry = {
  seq: 1,
  at: '2026-03-01T12:00:00.000Z',
  who: 'olga',
  what: 'sending',
  before: {},
  after: { default: 'paused' },
}
const fees = [{ fromMs: startMs, feeBps: { default: 500, fallback: 1500 } }]

beforeAll(async () => {
  const shard = await newShard(from, onlyShard, names)
  const ledger = new Ledger({ processorCount: 64, paymentCountMax: 1000, hashSeed: 1 })
  for (const fact of facts()) ledger.apply(fact)
  const retired = { firstRow: paymentCount / 2, archivedToMs: startMs + paymentCount * 250 }
  await shard.archive(
    [...ledger.leaving(retired.firstRow, retired.archivedToMs)].map(row => {
      const common = {
        correlationId: ledger.correlationId(row),
        amountCents: ledger.amountCents(row),
        acceptedAtMs: ledger.acceptedAtMs(row),
      }
      return ledger.processor(row) < 0
        ? { ...common, state: 'discarded', processor: -1, requestedAtMs: 0, reason: '422 no' }
        : {
            ...common,
            state: 'settled',
            processor: ledger.processor(row),
            requestedAtMs: ledger.requestedAtMs(row),
            reason: '',
          }
    }),
  )
  ledger.apply({ kind: 'retired', ...retired })
  await shard.finish(ledger)
  await shard.close()
  writeFileSync(join(from, 'audit.jsonl'), `${JSON.stringify(entry)}\n`)
  writeFileSync(join(from, 'fees.json'), JSON.stringify(fees))
})

const run = (source: string, to: string, shards: number) =>
  outcomeOf(command, 'reshard', '--from', source, '--to', to, '--shards', `${shards}`)

/** All payments of a directory, by their ids. */
async function contentOf(path: string) {
  const { sources, names, close } = await openSources(path)
  const found: Record<string, readonly unknown[]> = {}
  for (const { ledger, archive, processors } of sources) {
    ledger.checkInvariants()
    const nameOf = (processor: number) => names[processors[processor] ?? -1]
    for (const row of ledger.rows())
      found[printCorrelationId(ledger.correlationId(row))] = [
        ...[
          ledger.state(row),
          ledger.amountCents(row),
          ledger.acceptedAtMs(row),
          nameOf(ledger.processor(row)),
        ],
        ...[
          ledger.requestedAtMs(row),
          ledger.earlierAttempts().find(each => each.row === row)?.requestedAtMs,
        ],
      ]
    for (const list of [archive?.settled(0, 2 ** 47), archive?.discarded()])
      for await (const piece of list ?? [])
        for (const { correlationId, processor, ...rest } of piece)
          found[printCorrelationId(correlationId)] = [nameOf(processor), ...Object.values(rest)]
  }
  await close()
  return found
}

test('a journal is divided and joined again, and what operators have set goes on', async () => {
  const root = temporaryDirectory()
  const content = await contentOf(from)
  expect(Object.keys(content)).toHaveLength(paymentCount)
  let source = from
  for (const shards of [4, 2, 1]) {
    const to = join(root, `${shards}`)
    const { code, stderr } = await run(source, to, shards)
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/payments +120 +120\n(.*\n)*of these archived +25 +25\n/),
    ])
    expect(await contentOf(to)).toEqual(content)
    const directories = shards === 1 ? [to] : readdirSync(to).map(name => join(to, name))
    expect(directories).toHaveLength(shards)
    for (const directory of directories) {
      expect(readFileSync(join(directory, 'audit.jsonl'), 'utf8')).toBe(`${JSON.stringify(entry)}\n`)
      expect(JSON.parse(readFileSync(join(directory, 'fees.json'), 'utf8'))).toEqual(fees)
    }
    source = to
  }
})

test('a directory that is in use, not whole, or not empty is refused, and nothing is made', async () => {
  const root = temporaryDirectory()
  const four = join(root, 'four')
  const to = join(root, 'to')
  expect((await run(from, four, 4)).code).toBe(0)
  const refused = async (words: RegExp, source = four, target = to) => {
    const { code, stderr } = await run(source, target, 2)
    expect([code, stderr]).toEqual([1, expect.stringMatching(words)])
  }
  await refused(/is not empty/, from, four)
  await refused(/there is no journal in/, root)
  const lock = await openDirectory(join(four, 'shard-2'))
  await refused(/in use by/)
  if (lock.ok) lock.value.release()
  rmSync(join(four, 'shard-3'), { recursive: true })
  await refused(/shard-0 holds shard 0 of 4, and as shard 0 of 3 it was found/)
  rmSync(join(four, 'shard-1'), { recursive: true })
  await refused(/shard 1 is missing/)
  mkdirSync(to)
  writeFileSync(join(to, 'unfinished'), '')
  await refused(/was not finished by an earlier reshard: remove it/, from)
  await refused(/was not finished by an earlier reshard: it is not whole/, to, join(root, 'other'))
  expect(existsSync(join(root, 'other'))).toBe(false)
})

test('an archive that has lost payments is refused', async () => {
  const broken = join(temporaryDirectory(), 'broken')
  expect((await run(from, broken, 1)).code).toBe(0)
  rmSync(join(broken, 'archive'), { recursive: true })
  const { code, stderr } = await run(broken, join(temporaryDirectory(), 'to'), 2)
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/has 0 payments, and the journal has moved 25 there/),
  ])
})

test('without directories and a number the command line is wrong', async () => {
  expect(await outcomeOf(command, 'reshard', '--from', from)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('reshard needs --from DIR, --to DIR and --shards N'),
  })
})
