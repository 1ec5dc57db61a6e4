import { err, ok, type Result, type Timers } from '@rinha/base'
import {
  type FoundJournal,
  type Journal,
  type JournalDisk,
  type JournalWriterOptions,
  journalOnDisk,
  printProblem,
  recoverJournal,
} from '@rinha/journal'
import { Ledger, type LedgerOptions } from '@rinha/ledger'
import { onlyShard, processorCountMax, type Shard } from '@rinha/payment'
import { otherShard } from './shard-mark.ts'

type LogOptions = JournalWriterOptions & Omit<LedgerOptions, 'processorCount'> & { readonly shard?: Shard }

export interface OpenLog {
  readonly log: Journal
  /** The state that the process before this one has left. */
  readonly ledger: Ledger
  readonly found: FoundJournal
}

/**
 * Reads the log on `disk` into a ledger and goes on writing it. Reading is synchronous: nothing can be served before it is
 * done. A log that is damaged is a problem, and not touched: what to do with money whose history is not readable is for a
 * person to decide.
 *
 * Processors are known by their names: their order, their fees and new ones change nothing. One that is not named any more
 * stays in the books behind those that are (`found.processors`), with what settled there; where a payment is still open at
 * it, that is a problem. A name that was changed is one name less and another one more.
 */
export function openLog(
  disk: JournalDisk,
  options: LogOptions,
  timers: Pick<Timers, 'after' | 'soon'>,
): Result<OpenLog, string> {
  const { processors, paymentCountMax, hashSeed } = options
  // The names in the journal are not known before it has been read.
  const ledger = new Ledger({ processorCount: processorCountMax, paymentCountMax, hashSeed })
  const found = recoverJournal(disk, options, ledger)
  if (!found.ok) return err(printProblem(found.error))
  const problem =
    otherShard(ledger, options.shard ?? onlyShard) ??
    openElsewhere(ledger, found.value.processors, processors.length)
  if (problem !== undefined) return err(problem)
  return ok({ log: journalOnDisk(disk, found.value, options, timers), ledger, found: found.value })
}

/**
 * Only the processor that may have recorded a payment, or has refused it, can end that doubt. So it must still be
 * configured.
 */
export function openElsewhere(
  ledger: Ledger,
  names: readonly string[],
  namedCount: number,
): string | undefined {
  const counts = names.map(() => 0)
  for (const row of names.length > namedCount ? ledger.openRows() : []) {
    const processor = ledger.processor(row)
    if (processor >= namedCount) counts[processor] = (counts[processor] ?? 0) + 1
  }
  const open = names.flatMap((name, index) => (counts[index] ? [`${counts[index]} at ${name}`] : []))
  return open.length === 0
    ? undefined
    : `payments are open at processors that PROCESSORS does not name: ${open.join(', ')}. Name these again, with the same names, until the payments are settled; then leave them out`
}
