import type { Archive } from '@rinha/archive'
import type { Time, Timers } from '@rinha/base'
import type { Term } from '@rinha/channel'
import type { EngineSettings, OrderProblem, QueueStatus } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import type { LedgerSource } from '@rinha/payment'
import type { ProcessorClient } from '@rinha/processor'
import type { TellEvent } from './event-limiter.ts'
import type { PurgeRecord } from './purge.ts'

/** The port to a journal: facts that are written there outlive the process. */
export type FactLog = Pick<
  Journal,
  'append' | 'whenSynced' | 'failure' | 'snapshotDue' | 'canSnapshot' | 'snapshot'
>

export interface CoordinatorOptions {
  /** The processors' names, in the order of the engine's lanes. After them come processors that only the books know. */
  readonly names: readonly string[]
  /** Whether API nodes may ask it to forget every payment. */
  readonly purgeAllowed: boolean
  /** How many attempts, look-ups and orders are kept for the time lines of payments. 0 or missing: none. */
  readonly timeLineCountMax?: number
  /** How long a payment may have to wait in the queue, by prediction; 0, and where it is missing, however long. */
  readonly queueWaitMsMax?: number
  /** The first note of the log of one of several shards; missing where it is there. */
  readonly mark?: string | undefined
}

/** The options that may be changed while the coordinator runs. */
export type ChangeableOptions = EngineSettings & Pick<CoordinatorOptions, 'queueWaitMsMax'>

/** What the coordinator needs of its surroundings. `apps/coordinator` gives it the platform's, the simulator virtual ones. */
export interface CoordinatorPorts {
  /** The processors' clients, in the order of the engine's lanes. */
  readonly processors: readonly ProcessorClient[]
  /** Without a journal nothing outlives the process, and nothing waits for a disk. */
  readonly log?: FactLog | undefined
  /** Where the journal is in a replicated log: what API nodes are told of it. */
  readonly term?: Term | undefined
  /**
   * Where payments go that leave memory, for a coordinator with a log; the engine has it, too. Missing: they are forgotten.
   */
  readonly archive?: Archive | undefined
  /** Told when the archive fails, so that no payment leaves, and, with undefined, when it works again. */
  readonly onArchiveProblem?: (problem: string | undefined) => void
  /** What is told of the ledger to the coordinator of another shard, which compares all of them with the processors' books. */
  readonly ledgerSource?: LedgerSource | undefined
  /** The present time of both clocks. */
  readonly time: () => Time
  readonly timers: Timers
  /** Told what an operator should know; of what comes too often, only how often. */
  readonly onEvent?: TellEvent
  /**
   * Records that every payment is about to be forgotten, for the audit log. `done` is told when that is written, or why it
   * cannot be, and then nothing is forgotten. Where this is missing nothing is recorded.
   */
  readonly recordPurge?: (purge: PurgeRecord, done: (problem?: string) => void) => void
  /** Called for each payment that settles by a processor's answer, with its row. */
  readonly onSettled?: (row: number, wallMs: number) => void
}

/** The port to the coordinator's end of the channel. */
export interface Windows {
  /** The ledger may never have room for all that the nodes can hold. */
  readonly roomShort: boolean
  /** Tells the API nodes of room that has come back, and of a queue that has got too long or has not. */
  refreshWindows(): void
}

/** The content of `/queue-status`: the engine's report, and the wait that is predicted for a new payment. */
export interface CoordinatorStatus extends QueueStatus {
  /** The predicted wait in the queue, from its length and the rate at which payments have left it recently. */
  readonly predictedWaitMs: number
  /** If not 0, that wait is too long, and new payments are answered 503 with this as Retry-After. */
  readonly retryAfterSeconds: number
}

/** Why an order is not carried out. */
export type OrderRefusal = Omit<OrderProblem, 'kind'> & {
  readonly kind: OrderProblem['kind'] | 'unavailable'
}
