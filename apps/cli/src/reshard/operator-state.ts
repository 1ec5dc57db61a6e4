import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ledger } from '@rinha/ledger'
import type { NoteTopic } from '@rinha/payment'
import { StartProblem } from '@rinha/service'

/** What operators have changed at a shard: in files beside its journal, or in notes of its log. */
export interface OperatorState {
  readonly entries: readonly Entry[]
  readonly fees: string | undefined
}

/** Of all shards together: it goes on in every new one. */
export interface CommonState extends OperatorState {
  /** What is in force at the first shard, and not at others. */
  readonly differing: readonly string[]
}

/** Of the audit log. */
interface Entry {
  readonly seq: number
  readonly at: string
  readonly what: string
  readonly after: unknown
}

/** What a replicated log has of the audit log: the latest entries of these. */
const notedTopics = ['sending', 'settings'] as const

/** Every change at any shard once, in the order of time. Of settings and pauses the latest one is in force in all new shards, of fees those of the first shard. */
export function joinStates(states: readonly OperatorState[]): CommonState {
  const seen = new Map<string, Entry>()
  for (const entry of states.flatMap(({ entries }) => entries))
    seen.set(JSON.stringify({ ...entry, seq: 0 }), entry)
  const entries = [...seen.values()]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.seq - b.seq))
    .map((entry, index) => ({ ...entry, seq: index + 1 }))
  const inForce = (what: string) =>
    states.map(state => JSON.stringify(state.entries.findLast(each => each.what === what)?.after))
  const differing = Object.entries({
    settings: inForce('settings'),
    pauses: inForce('sending'),
    fees: states.map(({ fees }) => feesInForce(fees)),
  })
    .filter(([, found]) => found.some(each => each !== found[0]))
    .map(([name]) => name)
  return { entries, fees: states[0]?.fees, differing }
}

export function readFiles(path: string): OperatorState {
  return {
    entries: [...auditIn(join(path, 'audit.1.jsonl')), ...auditIn(join(path, 'audit.jsonl'))],
    fees: textOf(join(path, 'fees.json')),
  }
}

export function writeFiles(path: string, { entries, fees }: OperatorState): void {
  const write = (name: string, text: string) =>
    writeFileSync(join(path, name), text, { mode: 0o600, flush: true })
  if (entries.length > 0) write('audit.jsonl', entries.map(entry => `${JSON.stringify(entry)}\n`).join(''))
  if (fees !== undefined) write('fees.json', fees)
}

export function readNotes({ notes }: Ledger): OperatorState {
  const entries = notedTopics.flatMap(topic => {
    const text = notes.get(topic)
    return text === undefined ? [] : [JSON.parse(text) as Entry]
  })
  return { entries: entries.sort((a, b) => a.seq - b.seq), fees: notes.get('fees') }
}

export function writeNotes(ledger: Ledger, { entries, fees }: OperatorState): void {
  const note = (topic: NoteTopic, text: string | undefined) => {
    if (text !== undefined) ledger.apply({ kind: 'noted', topic, text })
  }
  for (const topic of notedTopics) {
    const latest = entries.findLast(({ what }) => what === topic)
    note(topic, latest && JSON.stringify(latest))
  }
  note('fees', fees)
}

function auditIn(path: string): readonly Entry[] {
  const lines = (textOf(path) ?? '').split('\n')
  // What follows the last line's end was never confirmed.
  return lines.slice(0, -1).map((line, index) => {
    try {
      return JSON.parse(line) as Entry
    } catch {
      throw new StartProblem(`${path} is damaged in line ${index + 1}`)
    }
  })
}

/** Without the instants: a change reaches each shard at another one. */
function feesInForce(text: string | undefined): string {
  const periods = JSON.parse(text ?? '[]') as readonly { readonly feeBps: unknown }[]
  return JSON.stringify(periods.at(-1)?.feeBps)
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
