import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectory } from '@rinha/journal/fs'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { beforeAll, expect, test } from 'vitest'
import { ledger as command } from '../ledger.ts'
import { contentOf, entry, fees, paymentCount, run, writeJournal } from './testing.ts'

const from = join(temporaryDirectory(), 'one')

beforeAll(() => writeJournal(from))

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
    stderr: expect.stringContaining('reshard needs --from PLACE, --to PLACE and --shards N'),
  })
})
