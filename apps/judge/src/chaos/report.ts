import { alignedTable, count, seconds } from '@rinha/base'
import type { ChaosOptions } from './options.ts'
import type { ChaosProgress, ChaosResult } from './run.ts'
import { idleMsMax, type QueueCounts, unknownMsMax } from './settle.ts'
import { ruleNames, type Verdict } from './verdict.ts'

/** One rule of the run, with its result in numbers. */
export interface RuleLine {
  readonly name: string
  readonly found: string
  readonly held: boolean
}

/** Every rule: those of the comparison, and those of the run around it. */
export function ruleLines(result: ChaosResult): readonly RuleLine[] {
  const { verdict, settling, wrongAnswers, crashes } = result
  const { unknownsGoneMs, idleMs } = settling
  const wrongCount = wrongAnswers.reduce((sum, name) => sum + (result.answers.get(name) ?? 0), 0)
  const timed = (name: string, ms: number | undefined, msMax: number) => ({
    name: `${name} within ${msMax / 1000} s`,
    found: ms === undefined ? 'never' : shortSeconds(ms),
    held: ms !== undefined && ms <= msMax,
  })
  return [
    ...rulesOfComparison(verdict),
    counted('answered neither 202 nor 503', wrongCount),
    counted('ended by itself, or not when told to', crashes.length),
    timed('no unknown outcome', unknownsGoneMs, unknownMsMax),
    timed('all settled', idleMs, idleMsMax),
  ]
}

/** The results of the comparison. */
export function rulesOfComparison({ counts }: Verdict): readonly RuleLine[] {
  return ruleNames.map(name => counted(name, counts[name]))
}

function counted(name: string, found: number): RuleLine {
  return { name, found: count(found), held: found === 0 }
}

/** The table at the end. */
export function chaosTable(options: ChaosOptions, result: ChaosResult): string {
  const { verdict, faults, answers, coordinatorRecoveriesMs, coordinatorBytesPeak } = result
  const { allowed, states, findings } = verdict
  const recoveries = coordinatorRecoveriesMs.toSorted((left, right) => right - left)
  const rows: (readonly [string, string])[] = [
    ['faults', `${count(sum(faults))} in ${shortSeconds(options.lengthMs)}`],
    ...counts(faults),
    ...(result.skippedCount === 0 ? [] : ([['  skipped, target busy', count(result.skippedCount)]] as const)),
    ['requests', count(sum(answers))],
    ...counts(answers),
    ['payments', `${count(result.paymentCount)} (acknowledged: ${count(result.acknowledgedCount)})`],
    ...counts(states),
    ['queued, lost as that level may be', count(allowed.queued)],
    ['received, lost as that level may be', count(allowed.received)],
    [
      'slowest start of the coordinator after a kill',
      recoveries[0] === undefined ? '-' : `${shortSeconds(recoveries[0])} of ${recoveries.length}`,
    ],
    [
      "coordinator's peak memory",
      coordinatorBytesPeak === undefined ? '-' : `${(coordinatorBytesPeak / 2 ** 20).toFixed(0)} MiB`,
    ],
  ]
  return tablePage(rows, ruleLines(result), [...result.crashes, ...findings])
}

/** Figures, rules with their results, and the details that a person needs to investigate. */
export function tablePage(
  rows: readonly (readonly [string, string])[],
  rules: readonly RuleLine[],
  findings: readonly string[],
): string {
  return [
    ...alignedTable(rows),
    '',
    ...alignedTable(rules.map(({ name, found, held }) => [name, found, held ? 'PASS' : 'FAIL'])),
    ...(findings.length === 0 ? [] : ['', ...findings]),
    '',
  ].join('\n')
}

/** How a run goes on, in one line. */
export function progressLine(options: ChaosOptions, progress: ChaosProgress): string {
  const { phase, faultsMs = 0, paymentCount, faultCount, busy, queue, comparedCount } = progress
  if (phase === 'starting') return 'starting'
  if (phase === 'comparing') return `comparing: ${count(comparedCount)} of ${count(paymentCount)} payments`
  const where =
    phase === 'faults'
      ? `${(faultsMs / 1000).toFixed(0)} of ${shortSeconds(options.lengthMs)}`
      : 'healed, settling'
  const waits = queueWords(queue)
  const trouble = busy.length === 0 ? '' : ` · now: ${busy.join(', ')}`
  return `${where} · ${count(paymentCount)} payments · ${count(faultCount)} faults · ${waits}${trouble}`
}

export function queueWords(queue: QueueCounts | undefined): string {
  if (queue === undefined) return 'the coordinator does not answer'
  return `${queue.queuedCount} queued, ${queue.inFlightCount} in flight, ${queue.unknownCount} unknown`
}

export function counts(named: ReadonlyMap<string, number>): (readonly [string, string])[] {
  return [...named].toSorted().map(([name, each]) => [`  ${name}`, count(each)])
}

function sum(named: ReadonlyMap<string, number>): number {
  return [...named.values()].reduce((total, count) => total + count, 0)
}

/** Seconds, with more digits if the time is short. */
function shortSeconds(ms: number): string {
  return seconds(ms, ms < 10_000 ? 2 : 0)
}
