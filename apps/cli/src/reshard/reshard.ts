import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AssertionError, alignedTable, count } from '@rinha/base'
import { unfinishedName } from '@rinha/journal/fs'
import type { Ledger } from '@rinha/ledger'
import { type NoteTopic, printCents } from '@rinha/payment'
import { reshard } from '@rinha/replay'
import { type Output, StartProblem, syncDirectory, UsageProblem } from '@rinha/service'
import { findShards } from './log-sources.ts'
import { type NewShard, newShard } from './new-shard.ts'
import { joinStates } from './operator-state.ts'
import { type Place, printPlace, readPlace } from './place.ts'
import type { Sources } from './source.ts'
import { openSources } from './sources.ts'

const progressEveryMs = 1000

interface Options {
  readonly from: string
  readonly to: string
  readonly shards: number | undefined
}

/**
 * Makes the journals and archives of `shards` shards in a new place from those in another one. The new ones are read again, and
 * what is in them compared, before the mark of an unfinished place is removed.
 *
 * The payments in an old directory are not changed, and nor is anything else there. An old replicated log is marked as moved: a
 * coordinator that is started there later, by whoever does not know, leads nothing. From that mark on the new place counts. Where
 * the command ends between the two marks, it can be run again.
 */
export async function reshardPlace(options: Options, { stderr }: Output): Promise<void> {
  const { from, to, shards } = readOptions(options)
  const old = await openSources(from)
  try {
    if (old.movedTo === undefined) await move(old, to, shards, stderr)
    else if (old.movedTo !== printPlace(to))
      throw new StartProblem(`${options.from} was moved to ${old.movedTo} by an earlier reshard`)
    const made = await openSources(to, true)
    try {
      compare(options, shards, old, made, stderr)
      await old.leave(printPlace(to))
      await made.finish()
    } finally {
      await made.close()
    }
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error
    throw new StartProblem(`the payments in ${options.from} cannot be divided: ${error.message}`)
  } finally {
    await old.close()
  }
}

function readOptions({ from, to, shards }: Options) {
  if (from === '' || to === '' || shards === undefined)
    throw new UsageProblem('reshard needs --from PLACE, --to PLACE and --shards N')
  return { from: readPlace('--from', from), to: readPlace('--to', to), shards }
}

async function move(old: Sources, to: Place, shardCount: number, stderr: Output['stderr']): Promise<void> {
  await begin(old, to, stderr)
  const operator = joinStates(old.sources.map(source => source.operator))
  for (const what of operator.differing)
    stderr.write(`The old shards have different ${what}: look at them before payments are sent.\n`)
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
    const doubt = old.sources.map(({ ledger }) => ledger.notes.get(predecessor)).find(Boolean)
    for (const [index, shard] of made.entries()) {
      const ledger = ledgers[index] as Ledger
      if (doubt !== undefined) ledger.apply({ kind: 'noted', topic: predecessor, text: doubt })
      await shard.finish(ledger, operator)
    }
  } finally {
    for (const shard of made) await shard.close()
  }
}

/** While an unknown coordinator may have sent new payments, any shard looks them up first. */
const predecessor: NoteTopic = 'predecessor'

/** Throws a StartProblem where payments and sums are not the same. */
function compare(
  { from, to }: Options,
  shardCount: number,
  old: Sources,
  made: Sources,
  stderr: Output['stderr'],
): void {
  const [before, after] = [figuresOf(old), figuresOf(made)]
  const rows = before.map(([name, value], at) => [name, value, after[at]?.[1] ?? ''])
  for (const line of alignedTable([['', 'before', 'after'], ...rows], 'lrr')) stderr.write(`${line}\n`)
  if (JSON.stringify(before) !== JSON.stringify(after))
    throw new StartProblem(`what is in ${to} is not what is in ${from}: do not start with it`)
  if (made.sources.length !== shardCount)
    throw new StartProblem(`${to} has ${made.sources.length} shards, and --shards is ${shardCount}`)
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

/** Throws a StartProblem where something is there already, or payments cannot go there. Nothing starts on a place with this mark. */
async function begin(old: Sources, to: Place, stderr: Output['stderr']): Promise<void> {
  const leftCount = old.sources.reduce((sum, { ledger }) => sum + ledger.left.count, 0)
  const isWithoutArchive = old.sources.some(
    ({ archive, ledger }) => archive === undefined && ledger.left.count > 0,
  )
  if (to.kind === 'directory') {
    if (isWithoutArchive)
      throw new StartProblem(
        `of ${count(leftCount)} payments only the sums are left, and a directory needs the payments for its archive: --to has to be a log`,
      )
    return beginDirectory(to.path)
  }
  if (leftCount > 0 && !isWithoutArchive)
    stderr.write(
      `${count(leftCount)} payments are archived, and a replicated log has no archive: their sums go on, and their ids are not known any more.\n`,
    )
  const found = await findShards(to.access, to.name)
  if (found.length > 0)
    throw new StartProblem(
      `${printPlace(to)} is there already, with ${found.length} shards: the new logs need a name of their own`,
    )
}

async function beginDirectory(to: string): Promise<void> {
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
