import { type LocalAckLevel, localAckLevels } from '@rinha/node'
import { type NodeName, type ProcessName, type ProcessorName, processorNames } from './plan.ts'

/**
 * Compares the answers that clients got with the records of the processors and of the cluster, id by id, when everything
 * has healed. A pure function of the evidence.
 *
 * A payment may be lost in these cases only:
 *   - `journaled`: never.
 *   - `queued`: both the coordinator and the API node that answered were killed. The node keeps the payment until the
 *     journal has it. So the node may have been killed at any time after the request, but the coordinator only between the
 *     request and {@link journalLagMsMax} after the answer: later the journal has the payment.
 *   - `received`: the API node that answered was killed after the request.
 *   - `queued` and `received` without a journal: also if the coordinator was killed at any time after the request. The next
 *     coordinator knows nothing of earlier settlements, so its sums leave them out.
 * If a payment got several answers, each of them must allow the loss.
 *
 * Every payment that is posted can be taken, so none may be rejected.
 *
 * Each processor is asked for every posted id, which shows an id that two of them have. It answers with one record. Its
 * total shows whether it has records of other ids, or several of one id.
 */
export interface Ack {
  readonly level: LocalAckLevel
  /** The API node. Unknown behind a load balancer. */
  readonly node: NodeName | 'the cluster'
  /** When the request left and when its answer was read, by one clock with {@link Death}. */
  readonly sentAtMs: number
  readonly ackedAtMs: number
}

export interface Recorded {
  readonly amountCents: number
  readonly requestedAtMs: number
}

/** `GET /payments/{id}` at the cluster. `none`: no answer that could be read. */
export type ClusterWord =
  | ({ readonly state: 'settled'; readonly processor: string } & Recorded)
  | { readonly state: 'absent' | 'accepted' | 'queued' | 'inFlight' | 'rejected' | 'none' }

/** Everything that is known of one payment at the end. */
export interface Case {
  readonly id: string
  readonly amountCents: number
  readonly acks: readonly Ack[]
  readonly recorded: Readonly<Record<ProcessorName, Recorded | undefined>>
  readonly cluster: ClusterWord
}

/** A process that ended without the time to put things in order. */
export interface Death {
  readonly process: ProcessName
  readonly atMs: number
}

export interface Total {
  readonly count: number
  readonly amountCents: number
}

export interface Evidence {
  readonly cases: Iterable<Case>
  readonly deaths: readonly Death[]
  readonly hasJournal: boolean
  /** The total of each processor, and the cluster's figure for the same. */
  readonly totals: Readonly<Record<ProcessorName, { readonly processor: Total; readonly cluster: Total }>>
}

export const ruleNames = [
  'charged twice',
  'journaled and lost',
  'queued and lost',
  'received and lost',
  'rejected for good',
  'recorded, never posted so',
  'books differ',
] as const
export type RuleName = (typeof ruleNames)[number]

export interface Verdict {
  readonly counts: Readonly<Record<RuleName, number>>
  /** Lost as its level allows. */
  readonly allowed: Readonly<Record<'queued' | 'received', number>>
  /** How many payments ended where: `settled by default`, `absent`, … */
  readonly states: ReadonlyMap<string, number>
  /** Examples of violations for each broken rule, in words with both sides. */
  readonly findings: readonly string[]
}

/** How long after its answer a queued payment may not be on disk yet: commits are milliseconds apart, disks stall. */
export const journalLagMsMax = 250
const findingCountMax = 20

export function judge({ cases, deaths, hasJournal, totals }: Evidence): Verdict {
  const counts = Object.fromEntries(ruleNames.map(name => [name, 0])) as Record<RuleName, number>
  const allowed = { queued: 0, received: 0 }
  const states = new Map<string, number>()
  const findings = new Map<RuleName, string[]>(ruleNames.map(name => [name, []]))
  const find = (rule: RuleName, words: () => string, count = 1) => {
    counts[rule] += count
    const found = findings.get(rule)
    if (found !== undefined && found.length < findingCountMax) found.push(`${rule}: ${words()}`)
  }
  const found: Record<ProcessorName, number> = { default: 0, fallback: 0 }
  const said = { default: { count: 0, amountCents: 0 }, fallback: { count: 0, amountCents: 0 } }
  for (const payment of cases) {
    const state = stateOf(payment)
    states.set(state, (states.get(state) ?? 0) + 1)
    for (const name of processorNames) if (payment.recorded[name] !== undefined) found[name] += 1
    for (const name of processorNames) {
      if (payment.cluster.state !== 'settled' || payment.cluster.processor !== name) continue
      said[name].count += 1
      said[name].amountCents += payment.cluster.amountCents
    }
    const loss = lossOf(
      payment,
      ack => isExcused(ack, deaths) || (!hasJournal && diedWithCoordinator(ack, deaths)),
    )
    if (loss?.excused === true) allowed[loss.level] += 1
    for (const rule of rulesBroken(payment, loss, hasJournal)) find(rule, () => caseLine(payment))
  }
  for (const name of processorNames) {
    const { processor, cluster } = totals[name]
    const surplus = processor.count - found[name]
    if (surplus !== 0) {
      const words = `${name} has ${processor.count} records, ${found[name]} of them of ids that were posted`
      find('recorded, never posted so', () => words, Math.abs(surplus))
    }
    const right = hasJournal ? processor : said[name]
    if (right.count !== cluster.count || right.amountCents !== cluster.amountCents) {
      const words = `${name} has ${totalWords(right)}; the cluster says ${totalWords(cluster)}`
      find('books differ', () => words)
    }
  }
  return { counts, allowed, states, findings: someOfEach([...findings.values()]) }
}

/**
 * Takes entries from each list in turn, so that a rule that was broken a thousand times does not hide one that was broken
 * once.
 */
function someOfEach(lists: readonly (readonly string[])[]): readonly string[] {
  const chosen = lists.flatMap((list, rule) => list.map((words, rank) => ({ words, rule, rank })))
  chosen.sort((left, right) => left.rank - right.rank || left.rule - right.rule)
  return chosen
    .slice(0, findingCountMax)
    .toSorted((left, right) => left.rule - right.rule || left.rank - right.rank)
    .map(({ words }) => words)
}

type Loss =
  | { readonly level: 'journaled'; readonly excused: false }
  | { readonly level: 'queued' | 'received'; readonly excused: boolean }

/** The promise broken by a payment that was acknowledged and recorded nowhere: the strongest one, unless all are excused. */
function lossOf(payment: Case, isAllowed: (ack: Ack) => boolean): Loss | undefined {
  if (payment.acks.length === 0 || processorNames.some(name => payment.recorded[name] !== undefined))
    return undefined
  const broken = payment.acks.filter(ack => !isAllowed(ack))
  const level = strongest(broken.length > 0 ? broken : payment.acks)
  return level === 'journaled' ? { level, excused: false } : { level, excused: broken.length === 0 }
}

function isExcused({ level, node, sentAtMs, ackedAtMs }: Ack, deaths: readonly Death[]): boolean {
  const nodeDied = deaths.some(({ process, atMs }) => process === node && atMs >= sentAtMs)
  switch (level) {
    case 'journaled':
      return false
    case 'queued':
      return (
        nodeDied &&
        deaths.some(
          ({ process, atMs }) =>
            process === 'coordinator' && atMs >= sentAtMs && atMs <= ackedAtMs + journalLagMsMax,
        )
      )
    case 'received':
      return nodeDied
  }
}

function diedWithCoordinator({ level, sentAtMs }: Ack, deaths: readonly Death[]): boolean {
  return (
    level !== 'journaled' && deaths.some(({ process, atMs }) => process === 'coordinator' && atMs >= sentAtMs)
  )
}

function strongest(acks: readonly Ack[]): LocalAckLevel {
  return localAckLevels.findLast(level => acks.some(ack => ack.level === level)) ?? 'received'
}

function rulesBroken(payment: Case, loss: Loss | undefined, hasJournal: boolean): readonly RuleName[] {
  const rules: RuleName[] = []
  const records = processorNames.flatMap(name => payment.recorded[name] ?? [])
  if (records.length > 1) rules.push('charged twice')
  if (loss?.excused === false) rules.push(`${loss.level} and lost`)
  if (payment.cluster.state === 'rejected') rules.push('rejected for good')
  if (records.some(({ amountCents }) => amountCents !== payment.amountCents))
    rules.push('recorded, never posted so')
  const isForgotten = !hasJournal && payment.cluster.state === 'absent'
  if (!isForgotten && !booksAgree(payment)) rules.push('books differ')
  return rules
}

/** Settled exactly where, for what and when it was recorded; not there where it was not. */
function booksAgree({ recorded, cluster }: Case): boolean {
  const places = processorNames.filter(name => recorded[name] !== undefined)
  if (cluster.state !== 'settled')
    return places.length === 0 && (cluster.state === 'absent' || cluster.state === 'rejected')
  const [place] = places
  const record = place === undefined ? undefined : recorded[place]
  return (
    places.length === 1 &&
    place === cluster.processor &&
    record?.amountCents === cluster.amountCents &&
    record.requestedAtMs === cluster.requestedAtMs
  )
}

function stateOf({ cluster }: Case): string {
  return cluster.state === 'settled' ? `settled by ${cluster.processor}` : cluster.state
}

/** One payment with both sides, for a person who investigates. */
function caseLine({ id, amountCents, acks, recorded, cluster }: Case): string {
  const record = (at: Recorded | undefined) =>
    at === undefined ? 'nothing' : `${at.amountCents} cents at ${new Date(at.requestedAtMs).toISOString()}`
  const told = acks.map(
    ({ level, node, sentAtMs, ackedAtMs }) =>
      `${level} by ${node} ${(sentAtMs / 1000).toFixed(3)}–${(ackedAtMs / 1000).toFixed(3)} s`,
  )
  return [
    `${id}, ${amountCents} cents`,
    `told ${told.length === 0 ? 'nothing' : told.join(', ')}`,
    ...processorNames.map(name => `${name} has ${record(recorded[name])}`),
    `the cluster says ${cluster.state === 'settled' ? `settled by ${cluster.processor}: ${record(cluster)}` : cluster.state}`,
  ].join('; ')
}

function totalWords({ count, amountCents }: Total): string {
  return `${count} payments of ${amountCents} cents`
}
