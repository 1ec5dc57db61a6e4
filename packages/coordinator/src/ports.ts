import type { Time, Timers } from '@rinha/base'
import type { OrderProblem } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import type { ProcessorClient } from '@rinha/processor'
import type { TellEvent } from './event-limiter.ts'

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
}

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
  /** Told of each payment that settles, by its row, when a processor has said so. */
  readonly onSettled?: (row: number, wallMs: number) => void
}

/** What the coordinator needs of its end of the channel. */
export interface Windows {
  /** The ledger may never have room for all that the nodes can hold. */
  readonly roomShort: boolean
  /** Tells the API nodes of room that has come back. */
  refreshWindows(): void
}

/** Why an order is not carried out. */
export type OrderRefusal = Omit<OrderProblem, 'kind'> & {
  readonly kind: OrderProblem['kind'] | 'unavailable'
}
