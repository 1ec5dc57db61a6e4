import type { Time, Timers } from '@rinha/base'
import type { EngineSettings, OrderProblem, QueueStatus } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import type { ProcessorClient } from '@rinha/processor'
import type { TellEvent } from './event-limiter.ts'
import type { PurgeRecord } from './purge.ts'

/** Where facts are written that are to outlive the process: what the coordinator uses of a journal. */
export type FactLog = Pick<
  Journal,
  'append' | 'whenSynced' | 'failure' | 'snapshotDue' | 'canSnapshot' | 'snapshot'
>

export interface CoordinatorOptions {
  /** The processors', in the order of the engine's lanes; behind them those that only the books know. */
  readonly names: readonly string[]
  /** Whether API nodes may ask it to forget every payment. */
  readonly purgeAllowed: boolean
  /** So many attempts, look-ups and orders are remembered, for the time lines of payments; 0, and where it is missing, none. */
  readonly timeLineCountMax?: number
  /** How long a payment may have to wait in the queue, by prediction; 0, and where it is missing, however long. */
  readonly queueWaitMsMax?: number
}

/** What may be changed while it runs. */
export type ChangeableOptions = EngineSettings & Pick<CoordinatorOptions, 'queueWaitMsMax'>

/** What the coordinator needs of its surroundings. `apps/coordinator` gives it the platform's, the simulator virtual ones. */
export interface CoordinatorPorts {
  /** In the order of the engine's lanes. */
  readonly processors: readonly ProcessorClient[]
  /** Without one nothing outlives the process, and nothing waits for a disk. */
  readonly log?: FactLog | undefined
  /** What the clocks say now. */
  readonly time: () => Time
  readonly timers: Timers
  /** Told what an operator should know; of what comes too often, only how often. */
  readonly onEvent?: TellEvent
  /**
   * Records that every payment is about to be forgotten, for the audit log. `done` is told when that is written, or why it
   * cannot be, and then nothing is forgotten. Where this is missing nothing is recorded.
   */
  readonly recordPurge?: (purge: PurgeRecord, done: (problem?: string) => void) => void
  /** Told of each payment that settles, by its row, when a processor has said so. */
  readonly onSettled?: (row: number, wallMs: number) => void
}

/** What the coordinator needs of its end of the channel. */
export interface Windows {
  /** The ledger may never have room for all that the nodes can hold. */
  readonly roomShort: boolean
  /** Tells the API nodes of room that has come back, and of a queue that has got too long or has not. */
  refreshWindows(): void
}

/** What `/queue-status` says: what the engine reports, and how long a payment that comes now would wait. */
export interface CoordinatorStatus extends QueueStatus {
  /** In the queue, by its length and the rate at which payments have left it of late. */
  readonly predictedWaitMs: number
  /** Where not 0: that is too long, and what is new is answered 503 with this. */
  readonly retryAfterSeconds: number
}

/** Why an order is not carried out. */
export type OrderRefusal = Omit<OrderProblem, 'kind'> & {
  readonly kind: OrderProblem['kind'] | 'unavailable'
}
