import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerOf } from '@rinha/admin-api'
import { alignedTable, count, money } from '@rinha/base'
import { type Command, command, StartProblem } from '@rinha/service'
import { flag } from '@rinha/settings'
import { tokenFile, tokenHeaders } from './admin-token.ts'
import { noAnswer } from './no-answer.ts'
import { everyAdmin, shardAdmins } from './shard-admins.ts'

type Report = AnswerOf<'getReconciliation'>
type Books = Report['processors'][number]
type Difference = Books['differences'][number]

const timeoutMs = 10_000
const lookMs = 100

export const reconcile: Command = command({
  name: 'reconcile',
  summary: 'compare our books with the processors’, down to single payments',
  typed: 'npm run reconcile --',
  about: `Asks a running coordinator to recount its ledger and to compare it with the books of each processor whose token it has
(PROCESSOR_ADMIN_TOKENS). Of several shards, each recounts its ledger, and shard 0 compares those of all. Shows each payment that differs, with both versions. It changes nothing. The sums cover all payments.
Where the sums are equal, a few hundred payments are also looked up one by one, or with --every-payment all of them.`,
  options: {
    everyPayment: flag({
      help: 'look up every settled payment: one call a payment, at RECONCILE_CALLS_PER_SECOND_MAX of the coordinator',
    }),
    admin: shardAdmins,
    tokenFile,
  },
  notes: `Exit code: 0 the books are equal; 1 they differ; 2 a wrong option, or the books could not be compared, because no
coordinator or no processor answered with them.`,
  work: async ({ everyPayment, admin: given, tokenFile }, { stdout }, complain) => {
    const write = (line: string) => stdout.write(`${line}\n`)
    try {
      const body = JSON.stringify({ everyPayment })
      const admins = await everyAdmin(given, tokenFile)
      // All run at the same time. Shard 0 compares the books; the others recount their ledgers.
      const reports = await Promise.all(
        admins.map(async admin => {
          const url = `${admin}/reconciliation`
          const headers = { ...tokenHeaders(admin, tokenFile), 'content-type': 'application/json' }
          const { run } = await ask<{ run: number }>(url, { method: 'POST', headers, body })
          return follow(() => ask<Report>(url, { headers }), run, write)
        }),
      )
      const report = together(reports)
      for (const line of pageOf(report)) write(line)
      return exitCodeOf(report)
    } catch (error) {
      if (!(error instanceof StartProblem)) throw error
      complain(error.message)
      return 2
    }
  },
})

/** The recounts of all shards are added, and the books are those of the shard that compares them. */
function together(reports: readonly Report[]): Report {
  const [first] = reports as readonly [Report]
  const counts = reports.flatMap(({ conservation }) => conservation ?? [])
  const sum = (name: Exclude<keyof (typeof counts)[0], 'at' | 'isEqual'>) =>
    counts.reduce((total, each) => total + each[name], 0)
  const comparing = reports.find(({ processors }) => processors.some(isConfigured)) ?? first
  const conservation = first.conservation && {
    ...first.conservation,
    acceptedCount: sum('acceptedCount'),
    queuedCount: sum('queuedCount'),
    inFlightCount: sum('inFlightCount'),
    settledCount: sum('settledCount'),
    rejectedCount: sum('rejectedCount'),
    isEqual: counts.every(({ isEqual }) => isEqual),
  }
  return { ...comparing, conservation }
}

const isConfigured = ({ state }: Books) => state !== 'notConfigured'

/** Prints differences as they are found, until the comparison has ended. */
async function follow(
  read: () => Promise<Report>,
  run: number,
  write: (line: string) => void,
): Promise<Report> {
  const told = new Set<string>()
  for (;;) {
    const report = await read()
    if (report.run >= run)
      for (const { processor, differences } of report.processors)
        for (const each of differences) {
          const line = wordsOf(processor, each)
          if (!told.has(line)) write(line)
          told.add(line)
        }
    if (report.run >= run && !report.isRunning) return report
    await sleep(lookMs)
  }
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch(error => {
    throw noAnswer(url, error)
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok && typeof answer === 'object') return answer as T
  if (response.status === 401)
    throw new StartProblem(`${url} needs a valid token: give --token-file or ADMIN_TOKEN`)
  const { detail } = (answer ?? {}) as { detail?: unknown }
  throw new StartProblem(
    typeof detail === 'string'
      ? detail
      : `the answer from ${url} is not a coordinator's: set --admin to the coordinator's admin port`,
  )
}

function exitCodeOf({ processors, conservation }: Report): number {
  if (conservation?.isEqual === false || processors.some(({ state }) => state === 'different')) return 1
  const isCompared = processors.some(({ state }) => state === 'equal' || state === 'notCompared')
  return isCompared && processors.every(({ state }) => state !== 'unavailable') ? 0 : 2
}

function pageOf({ conservation, processors }: Report): readonly string[] {
  const table = alignedTable(
    [
      ['processor', 'ours', 'theirs', 'differ', 'calls', 'books'],
      ...processors.map(each => [
        each.processor,
        totalOf(each.ours),
        totalOf(each.theirs),
        count(each.differenceCount),
        count(each.callCount),
        stateOf(each),
      ]),
    ],
    'lrrrrl',
  )
  return conservation === null ? table : [...table, countsOf(conservation)]
}

function totalOf(total: Books['ours']): string {
  return total === null ? '-' : `${count(total.count)} of ${money(total.amountCents / 100)}`
}

const stateWords = {
  notConfigured: 'cannot be compared: PROCESSOR_ADMIN_TOKENS does not name it',
  notCompared: 'nothing to compare yet',
  equal: 'equal',
  different: 'DIFFERENT',
  unavailable: 'could not be compared',
} as const

function stateOf({ state, reason, purgedTo, from, to }: Books): string {
  const span = from === null || to === null || reason !== null ? '' : `, ${from} to ${to}`
  const purged = purgedTo === null ? '' : `; the processor was purged, and has nothing before ${purgedTo}`
  return `${stateWords[state]}${reason === null ? '' : `: ${reason}`}${span}${purged}`
}

function countsOf(counts: NonNullable<Report['conservation']>): string {
  const { acceptedCount, queuedCount, inFlightCount, settledCount, rejectedCount, isEqual } = counts
  const parts = `${count(queuedCount)} queued + ${count(inFlightCount)} in flight + ${count(settledCount)} settled + ${count(rejectedCount)} rejected`
  return isEqual
    ? `${count(acceptedCount)} accepted = ${parts}`
    : `THE LEDGER DOES NOT ADD UP: its rows give ${parts} of ${count(acceptedCount)} accepted, but its counters or sums differ from that`
}

/** A difference on one line, with both versions. */
function wordsOf(processor: string, { kind, correlationId, ours, theirs }: Difference): string {
  const amount = (cents: number) => money(cents / 100)
  if (correlationId === null) {
    const at = `at ${theirs?.requestedAt}`
    return kind === 'notOurs'
      ? `${processor} ${at}: ${theirs?.count} payments of ${amount(theirs?.amountCents ?? 0)} that we did not send`
      : `${processor} ${at}: ${theirs?.count} payments and ${amount(theirs?.amountCents ?? 0)} too many, and no single payment explains them`
  }
  const where = ours?.processor == null || ours.processor === processor ? '' : ` at ${ours.processor}`
  const when = ours?.requestedAt == null ? '' : `, ${ours.requestedAt}`
  const here = `${ours?.state}${where}: ${amount(ours?.amountCents ?? 0)}${when}`
  const there =
    theirs === null ? 'does not have it' : `has ${amount(theirs.amountCents)}, ${theirs.requestedAt}`
  return `${correlationId} ${kind}: here ${here}; ${processor} ${there}`
}
