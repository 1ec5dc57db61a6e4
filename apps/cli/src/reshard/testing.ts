import { Ledger } from '@rinha/ledger'
import {
  type Fact,
  onlyShard,
  paymentRecordBytes,
  printCorrelationId,
  writePaymentRecord,
} from '@rinha/payment'
import { outcomeOf } from '@rinha/testing'
import { ledger as command } from '../ledger.ts'
import { newShard } from './new-shard.ts'
import { readPlace } from './place.ts'
import type { Sources } from './source.ts'
import { openSources } from './sources.ts'

export const names = ['default', 'fallback']
export const startMs = Date.UTC(2026, 2, 1, 12)
export const paymentCount = 120

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

export const entry = {
  seq: 1,
  at: '2026-03-01T12:00:00.000Z',
  who: 'olga',
  what: 'sending',
  before: {},
  after: { default: 'paused' },
}
export const fees = [{ fromMs: startMs, feeBps: { default: 500, fallback: 1500 } }]

/** The journal of an only shard, its archive, and what an operator has changed. */
export async function writeJournal(path: string): Promise<void> {
  const shard = await newShard({ kind: 'directory', path }, onlyShard, names)
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
  await shard.finish(ledger, { entries: [entry], fees: JSON.stringify(fees) })
  await shard.close()
}

export const run = (source: string, to: string, shards: number) =>
  outcomeOf(command, 'reshard', '--from', source, '--to', to, '--shards', `${shards}`)

/** All payments of a place that are still known, by their ids. */
export async function contentOf(place: string): Promise<Record<string, readonly unknown[]>> {
  const opened = await openSources(readPlace('--from', place))
  const content = await contentIn(opened)
  await opened.close()
  return content
}

export async function contentIn({ sources, names }: Pick<Sources, 'sources' | 'names'>) {
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
  return found
}
