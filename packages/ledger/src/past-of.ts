import { type LedgerPast, paymentState, processorCountMax } from '@rinha/payment'
import { ArchivedSums, keyOf } from './archived-sums.ts'
import type { Ledger } from './ledger.ts'

interface Source {
  readonly ledger: Ledger
  /** For each of the ledger's processors, which one it is in the result. */
  readonly processors: readonly number[]
}

type Parts = Map<number, { count: number; amountCents: number }>

/** What these ledgers remember of payments that have left them, as the past of one ledger. What they still have is not in it. */
export function pastOf(sources: readonly Source[]): LedgerPast {
  const sums = Array.from({ length: processorCountMax }, () => new ArchivedSums())
  const settled = sums.map((_, processor) => ({ processor, count: 0, amountCents: 0 }))
  let [acceptedCents, discardedCount, archivedToMs] = [0, 0, 0]
  for (const { ledger, processors } of sources) {
    const { past } = ledger.image()
    if (past === undefined) continue
    archivedToMs = Math.max(archivedToMs, past.archivedToMs)
    discardedCount += past.discardedCount
    acceptedCents += past.acceptedCents
    for (const row of ledger.rows()) acceptedCents -= ledger.amountCents(row)
    for (const { processor, count, amountCents } of past.settled) {
      const total = settled[processors[processor] ?? -1]
      if (total === undefined) continue
      total.count += count
      total.amountCents += amountCents
    }
    for (const [processor, parts] of leftParts(ledger, past.seconds))
      for (const [key, { count, amountCents }] of parts)
        if (count > 0) sums[processors[processor] ?? -1]?.addPart(key, count, amountCents)
  }
  const leftCount = settled.reduce((sum, { count }) => sum + count, discardedCount)
  return {
    purgeCount: 0,
    firstRow: leftCount,
    archivedToMs,
    acceptedCents,
    discardedCount,
    settled: settled.filter(({ count }) => count > 0),
    stragglers: { rows: new Float64Array(0), columns: noColumns },
    seconds: sums.flatMap((each, processor) => each.image(processor)),
  }
}

/** By processors: archived time without the settlements whose payments are still there. */
function leftParts(ledger: Ledger, seconds: LedgerPast['seconds']): ReadonlyMap<number, Parts> {
  const all = new Map<number, Parts>()
  for (const { processor, firstKey, offsets, counts, cents } of seconds) {
    const parts: Parts = all.get(processor) ?? new Map()
    all.set(processor, parts)
    for (const [index, offset] of offsets.entries())
      parts.set(firstKey + offset, { count: counts[index] ?? 0, amountCents: cents[index] ?? 0 })
  }
  for (const row of ledger.rows()) {
    const requestedAtMs = ledger.requestedAtMs(row)
    if (ledger.state(row) !== paymentState.settled || requestedAtMs >= ledger.archivedToMs) continue
    const part = all.get(ledger.processor(row))?.get(keyOf(requestedAtMs))
    if (part === undefined) continue
    part.count -= 1
    part.amountCents -= ledger.amountCents(row)
  }
  return all
}

const noColumns = {
  count: 0,
  ids: new Uint8Array(0),
  amountCents: new Uint32Array(0),
  acceptedAtMs: new Float64Array(0),
  states: new Uint8Array(0),
  processors: new Int8Array(0),
  requestedAtMs: new Float64Array(0),
  reasons: new Uint8Array(0),
}
