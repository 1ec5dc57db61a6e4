import type { ArchivedPayment, ArchiveReader } from '@rinha/archive'
import { type Ledger, pastOf } from '@rinha/ledger'
import { type EarlierAttempt, isRejected, shardOf } from '@rinha/payment'
import { ShardLedger, type WholePayment } from './shard-ledger.ts'

/** What a shard has: the ledger of its journal, and its archive, if there is one. */
export interface ShardSource {
  readonly ledger: Ledger
  readonly archive: ArchiveReader | undefined
  /** For each of the ledger's processors, which one it is in the result. */
  readonly processors: readonly number[]
}

interface ReshardPorts {
  /** Adds payments to a shard's new archive. Rejects where it cannot. */
  readonly archive: (shard: number, payments: readonly ArchivedPayment[]) => Promise<void>
  /** Told again and again how many payments have been moved. */
  readonly onProgress: (count: number) => void
}

const progressCount = 1000
/** Archived payments of a shard that are written together: each write is synced. */
const archivedCount = 5000

/**
 * Divides the payments of all sources anew, by the hash of their ids: a ledger for each new shard, and what it archives. Of a payment in
 * memory everything stays but its row, and of archived ones everything. Sums of archived time are made again from the payments. Their
 * border is the latest of the sources, so that every ledger has whole seconds before it. Without an archive there are no such payments:
 * then the first shard gets the sums, because only those of all shards together are asked for.
 *
 * All ledgers, old and new, are in memory; of archives only a piece is. Assertions fail where payments do not fit together.
 */
export async function reshard(
  sources: readonly ShardSource[],
  shardCount: number,
  { archive, onProgress }: ReshardPorts,
): Promise<readonly Ledger[]> {
  const archivedToMs = Math.max(...sources.map(({ ledger }) => ledger.archivedToMs))
  const withoutArchive = sources.filter(
    ({ archive, ledger }) => archive === undefined && ledger.left.count > 0,
  )
  const past = withoutArchive.length > 0 ? pastOf(withoutArchive) : undefined
  const shards = Array.from(
    { length: shardCount },
    (_, index) => new ShardLedger(archivedToMs, index === 0 ? past : undefined),
  )
  const waiting = shards.map((): ArchivedPayment[] => [])
  const flush = async (index: number) => {
    const part = waiting[index]?.splice(0) ?? []
    await archive(index, part)
    shards[index]?.takeArchived(part)
  }
  let movedCount = 0
  for (const source of sources)
    for await (const piece of archivedOf(source)) {
      for (const payment of piece) {
        const index = shardOf(payment.correlationId, shardCount)
        if ((waiting[index]?.push(payment) ?? 0) >= archivedCount) await flush(index)
      }
      movedCount += piece.length
      onProgress(movedCount)
    }
  for (const index of shards.keys()) await flush(index)
  for (const payment of inMemory(sources)) {
    shards[shardOf(payment.correlationId, shardCount)]?.take(payment)
    movedCount += 1
    if (movedCount % progressCount === 0) onProgress(movedCount)
  }
  return shards.map(({ ledger }) => ledger)
}

/** A payment that is in both the archive and the ledger is the ledger's: it was on its way when the process died. */
async function* archivedOf({
  ledger,
  archive,
  processors,
}: ShardSource): AsyncIterable<readonly ArchivedPayment[]> {
  if (archive === undefined) return
  for (const list of [archive.settled(0, Number.MAX_SAFE_INTEGER), archive.discarded()])
    for await (const piece of list)
      yield piece
        .filter(({ correlationId }) => ledger.find(correlationId, 0) < 0)
        .map(payment => ({ ...payment, processor: processors[payment.processor] ?? -1 }))
}

/** The payments in memory of all sources, in the order in which they were accepted. */
function* inMemory(sources: readonly ShardSource[]): Generator<WholePayment, void, void> {
  const heads = sources.map(source => {
    const rows = rowsOf(source)
    return { rows, next: rows.next() }
  })
  for (;;) {
    let first: (typeof heads)[0] | undefined
    for (const head of heads)
      if (!head.next.done && (first === undefined || acceptedAtMs(head) < acceptedAtMs(first))) first = head
    if (first === undefined || first.next.done) return
    yield first.next.value
    first.next = first.rows.next()
  }
}

function acceptedAtMs({ next }: { readonly next: IteratorResult<WholePayment, void> }): number {
  return next.done ? Number.POSITIVE_INFINITY : next.value.acceptedAtMs
}

function* rowsOf({ ledger, processors }: ShardSource): Generator<WholePayment, void, void> {
  const earlier = new Map<number, EarlierAttempt[]>()
  for (const attempt of ledger.earlierAttempts())
    earlier.set(attempt.row, [...(earlier.get(attempt.row) ?? []), attempt])
  const there = (processor: number) => processors[processor] ?? -1
  for (const row of ledger.rows()) {
    const state = ledger.state(row)
    yield {
      correlationId: ledger.correlationId(row),
      amountCents: ledger.amountCents(row),
      acceptedAtMs: ledger.acceptedAtMs(row),
      state,
      processor: there(ledger.processor(row)),
      requestedAtMs: ledger.requestedAtMs(row),
      reason: isRejected(state) ? ledger.rejectReason(row) : '',
      earlier: (earlier.get(row) ?? []).map(each => ({ ...each, processor: there(each.processor) })),
    }
  }
}
