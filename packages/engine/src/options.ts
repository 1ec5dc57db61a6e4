import type { JournalEntry, OpenPayment } from '@rinha/journal'
import type { Ledger } from '@rinha/ledger'
import type { LaneOptions, PaceOptions, Policy } from '@rinha/routing'

export interface EngineOptions {
  /** The processors, cheapest first. */
  readonly lanes: readonly LaneOptions[]
  readonly policy: Policy
  /** How fast a backlog is drained. */
  readonly pace: PaceOptions
  /** How many payments are remembered, settled ones included. When it is reached nothing more is accepted. */
  readonly paymentCountMax: number
  /** Scatters the id index, so that nobody who picks correlationIds can make it slow. */
  readonly hashSeed: number
  /** Told each fact when it becomes true, before the step that makes it true returns its effects. */
  readonly journal?: { append(entry: JournalEntry): void }
  /** What a process before this one left behind: recovery.ts makes it of a journal. */
  readonly recovered?: Recovered
}

export interface Recovered {
  readonly ledger: Ledger
  /** By row. Can be gone through once, and before anything else is done with the ledger. */
  readonly open: Iterable<OpenPayment>
}
