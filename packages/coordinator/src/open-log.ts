import { ok, type Result, type Timers } from '@rinha/base'
import {
  type FoundJournal,
  Journal,
  type JournalDisk,
  type JournalProblem,
  type JournalWriterOptions,
  recoverJournal,
} from '@rinha/journal'
import { Ledger, type LedgerOptions } from '@rinha/ledger'

type LogOptions = JournalWriterOptions & Omit<LedgerOptions, 'processorCount'>

export interface OpenLog {
  readonly log: Journal
  /** What the process before this one left behind. */
  readonly ledger: Ledger
  readonly found: FoundJournal
}

/**
 * Reads the log on `disk` into a ledger and goes on writing it. Reading is synchronous: nothing can be served before it is
 * done. A log that is damaged is a problem, and not touched: what to do with money whose history is not readable is for a
 * person to decide.
 */
export function openLog(
  disk: JournalDisk,
  options: LogOptions,
  timers: Pick<Timers, 'after' | 'soon'>,
): Result<OpenLog, JournalProblem> {
  const { processors, paymentCountMax, hashSeed } = options
  const ledger = new Ledger({ processorCount: processors.length, paymentCountMax, hashSeed })
  const found = recoverJournal(disk, options, ledger)
  if (!found.ok) return found
  return ok({ log: new Journal(disk, found.value, options, timers), ledger, found: found.value })
}
