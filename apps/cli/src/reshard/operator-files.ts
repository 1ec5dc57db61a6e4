import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartProblem } from '@rinha/service'

/** What operators have changed, beside the journals: it goes on in every new shard. */
interface OperatorFiles {
  /** The lines of the audit log: every change at any shard once, in the order of time. */
  readonly audit: readonly string[]
  readonly fees: string | undefined
  /** What is in force at the first shard, and not at others. */
  readonly differing: readonly string[]
}

interface Entry {
  readonly seq: number
  readonly at: string
  readonly what: string
  readonly after: unknown
}

/** Of settings and pauses the latest change is in force in all new shards, of fees those of the first shard. */
export function readOperatorFiles(paths: readonly string[]): OperatorFiles {
  const entries = paths.map(path => [
    ...auditIn(join(path, 'audit.1.jsonl')),
    ...auditIn(join(path, 'audit.jsonl')),
  ])
  const seen = new Map<string, Entry>()
  for (const entry of entries.flat()) seen.set(JSON.stringify({ ...entry, seq: 0 }), entry)
  const audit = [...seen.values()]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.seq - b.seq))
    .map((entry, index) => JSON.stringify({ ...entry, seq: index + 1 }))
  const fees = paths.map(path => textOf(join(path, 'fees.json')))
  const inForce = (what: string) =>
    entries.map(list => JSON.stringify(list.findLast(each => each.what === what)?.after))
  const differing = Object.entries({
    settings: inForce('settings'),
    pauses: inForce('sending'),
    fees: fees.map(feesInForce),
  })
    .filter(([, found]) => found.some(each => each !== found[0]))
    .map(([name]) => name)
  return { audit, fees: fees[0], differing }
}

export function writeOperatorFiles(path: string, { audit, fees }: OperatorFiles): void {
  const write = (name: string, text: string) =>
    writeFileSync(join(path, name), text, { mode: 0o600, flush: true })
  if (audit.length > 0) write('audit.jsonl', audit.map(line => `${line}\n`).join(''))
  if (fees !== undefined) write('fees.json', fees)
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
