import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AssertionError, alignedTable, count } from '@rinha/base'
import { unfinishedName } from '@rinha/journal/fs'
import type { Ledger } from '@rinha/ledger'
import { printCents } from '@rinha/payment'
import { reshard } from '@rinha/replay'
import { type Output, StartProblem, syncDirectory, UsageProblem } from '@rinha/service'
import { type NewShard, newShard } from './new-shard.ts'
import { readOperatorFiles, writeOperatorFiles } from './operator-files.ts'
import { openSources, type Sources } from './sources.ts'

const progressEveryMs = 1000

interface Options {
  readonly from: string
  readonly to: string
  readonly shards: number | undefined
}

/**
 * Makes the journals and archives of `shards` shards in a new directory from those in another one, in which nothing changes. The new
 * ones are read again, and what is in them compared, before the mark of an unfinished directory is removed.
 */
export async function reshardDirectory({ from, to, shards }: Options, { stderr }: Output): Promise<void> {
  if (from === '' || to === '' || shards === undefined)
    throw new UsageProblem('reshard needs --from DIR, --to DIR and --shards N')
  const old = await openSources(from)
  try {
    await begin(to)
    const before = figuresOf(old)
    await move(old, to, shards, stderr)
    const made = await openSources(to, true)
    const after = figuresOf(made)
    await made.close()
    const rows = before.map(([name, value], at) => [name, value, after[at]?.[1] ?? ''])
    for (const line of alignedTable([['', 'before', 'after'], ...rows], 'lrr')) stderr.write(`${line}\n`)
    if (JSON.stringify(before) !== JSON.stringify(after))
      throw new StartProblem(`what is in ${to} is not what is in ${from}: do not start with it`)
    await end(to)
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error
    throw new StartProblem(`the payments in ${from} cannot be divided: ${error.message}`)
  } finally {
    await old.close()
  }
}

async function move(old: Sources, to: string, shardCount: number, stderr: Output['stderr']): Promise<void> {
  const files = readOperatorFiles(old.sources.map(({ path }) => path))
  for (const what of files.differing)
    stderr.write(
      `The shards in the old directory have different ${what}: look at them before payments are sent.\n`,
    )
  const made: NewShard[] = []
  try {
    for (let index = 0; index < shardCount; index += 1)
      made.push(await newShard(to, { index, count: shardCount }, old.names))
    let saidAtMs = performance.now()
    const ledgers = await reshard(old.sources, shardCount, {
      archive: async (index, payments) => made[index]?.archive(payments),
      onProgress: movedCount => {
        if (performance.now() - saidAtMs < progressEveryMs) return
        saidAtMs = performance.now()
        stderr.write(`${count(movedCount)} payments\n`)
      },
    })
    for (const [index, shard] of made.entries()) {
      await shard.finish(ledgers[index] as Ledger)
      writeOperatorFiles(shard.path, files)
      await syncDirectory(shard.path)
    }
  } finally {
    for (const shard of made) await shard.close()
  }
}

/** What has to be the same before and after: payments by state, those in archives, and the sums of each processor. */
function figuresOf({ sources, names }: Sources): readonly (readonly [string, string])[] {
  const sum = (figure: (source: Sources['sources'][0]) => number) =>
    sources.reduce((total, source) => total + figure(source), 0)
  const states = ['queued', 'refused', 'inFlight', 'settled', 'rejected', 'discarded'] as const
  const totals = names.toSorted().flatMap(name => {
    const at = names.indexOf(name)
    const of = (source: Sources['sources'][0]) =>
      source.ledger.summary(null, null)[source.processors.indexOf(at)] ?? { count: 0, amountCents: 0 }
    return [
      [`settled at ${name}`, count(sum(source => of(source).count))],
      [`amount at ${name}`, printCents(sum(source => of(source).amountCents))],
    ] as const
  })
  return [
    ['payments', count(sum(({ ledger }) => ledger.count))],
    ...states.map(state => [state, count(sum(({ ledger }) => ledger.stateCounts()[state]))] as const),
    ['of these archived', count(sum(({ ledger }) => ledger.left.count))],
    ...totals,
  ]
}

/** Throws a StartProblem where something is there already. Nothing starts on a directory with this mark. */
async function begin(to: string): Promise<void> {
  const names = existsSync(to) ? readdirSync(to) : []
  if (names.length > 0)
    throw new StartProblem(
      names.includes(unfinishedName)
        ? `${to} was not finished by an earlier reshard: remove it, and run this again`
        : `${to} is not empty: the new journals need a directory of their own`,
    )
  mkdirSync(to, { recursive: true, mode: 0o700 })
  writeFileSync(join(to, unfinishedName), '', { flush: true })
  await syncDirectory(to)
}

async function end(to: string): Promise<void> {
  await syncDirectory(to)
  rmSync(join(to, unfinishedName))
  await syncDirectory(to)
}
