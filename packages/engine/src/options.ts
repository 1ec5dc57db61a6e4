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
}
