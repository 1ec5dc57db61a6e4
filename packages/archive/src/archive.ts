/** A payment that has ended and left the ledger. */
export interface ArchivedPayment {
  /** 16 bytes. */
  readonly correlationId: Uint8Array
  readonly amountCents: number
  readonly acceptedAtMs: number
  readonly state: 'settled' | 'discarded'
  /** The index of the processor, as in facts; -1 where the payment was discarded. */
  readonly processor: number
  /** 0 where the payment was discarded. */
  readonly requestedAtMs: number
  /** Why a discarded payment had been rejected; '' where it settled. */
  readonly reason: string
}

/** What can be asked of an archive. */
export interface ArchiveReader {
  /** The payments in it, each once. */
  readonly count: number
  /**
   * The payment whose 16 bytes stand at `offset`. Synchronous, because it decides whether a new payment is a duplicate. It throws
   * where the store cannot be read: then nobody knows.
   */
  find(ids: Uint8Array, offset: number): ArchivedPayment | undefined
  /**
   * What settled with requestedAt in [fromMs, toMs], both included, in the order of requestedAt and then of the id, some at a
   * time. Payments that are added meanwhile may be left out.
   */
  settled(fromMs: number, toMs: number): AsyncIterable<readonly ArchivedPayment[]>
  /** What was discarded, some at a time. */
  discarded(): AsyncIterable<readonly ArchivedPayment[]>
}

/**
 * The port to the store of payments that have left the ledger. A payment is in the ledger until `add` has said that it is here.
 *
 * A purge empties the archive. The journal decides when that has happened: a *generation* is the number of purges that the ledger
 * has seen. An archive has the payments of one generation and of no other.
 */
export interface Archive extends ArchiveReader {
  readonly generation: number
  /**
   * Adds payments; one that is here already is replaced. `done` is called later, once: when all of them are durable, or with the
   * problem. After a problem nobody knows which are here. Adding them again is the way on. One call at a time.
   */
  add(payments: readonly ArchivedPayment[], done: (problem: string | undefined) => void): void
  /**
   * Forgets everything and begins a later generation. An `add` under way ends, and what it added is forgotten too. It is called
   * when the purge is durable: after a crash in between, the journal still knows the earlier generation.
   */
  begin(generation: number): void
}
