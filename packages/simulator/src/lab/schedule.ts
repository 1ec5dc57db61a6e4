import { assert } from '@rinha/base'
import type { ProcessorStage } from '../processor.ts'

/**
 * What the laboratory plays: a schedule of the score command with any number of processors, cheapest first. The ramp is
 * the official one's form: a straight line from one user to `usersMax`, then as many to the end.
 */
export interface LabSchedule extends Market {
  readonly name: string
  /** The seed of the world that the schedule is played in. */
  readonly seed: number
  readonly durationMs: number
  /** When there are `usersMax`; at the end of the run unless given. */
  readonly rampMs?: number
  /** After the load, with the last stage going on, until the totals are read; 0 unless given. */
  readonly settleMs?: number
  readonly usersMax: number
  readonly thinkTimeMs: number
}

/** The processors' fees, delays and failures over time. */
export interface Market {
  readonly amountCents: number
  readonly feesBps: readonly number[]
  readonly audit: LabAudit
  /** The stages in the order of time. Before the first one, no processor is slow or failing. */
  readonly stages: readonly LabStage[]
}

export interface LabAudit {
  readonly everyMs: number
  readonly lookBackMs: number
  /** 0 for none: nothing is audited then, and a processor may be as slow as it likes. */
  readonly guardMs: number
  readonly rule: 'abs-of-sum' | 'sum-of-abs'
}

export interface LabStage {
  readonly atMs: number
  /** One entry for each processor. */
  readonly processors: readonly ProcessorStage[]
}

/** The stages with the one before the first, in which all is well: what a payment that arrives in each can hope for. */
export function segmentsOf(schedule: Pick<Market, 'feesBps' | 'stages'>): readonly LabStage[] {
  const atRest = schedule.feesBps.map(() => ({ delayMs: 0, failing: false }))
  const segments = [{ atMs: 0, processors: atRest }, ...schedule.stages]
  for (const { processors } of segments)
    assert(processors.length === schedule.feesBps.length, 'a stage is set for each processor')
  return segments
}

/** Whether a payment that is sent to a processor in this stage is recorded, and before the guard if there is one. */
export function isUsable(stage: ProcessorStage, guardMs: number): boolean {
  return !stage.failing && (guardMs === 0 || stage.delayMs < guardMs)
}

/**
 * Whether the schedule can be played without a payment being recorded after its window has closed, by somebody who sees
 * the present and not the future. It cannot where
 * - a processor steps, without failing, from under the guard to past it while it is the only sensible choice: the
 *   cheapest that was usable, leaving out those that refuse from that step on, which is noticed at once. What is sent to
 *   it before the step shows is recorded late; or
 * - from some time to the end no processor is under the guard, but one works: late or never is then the choice.
 */
export function hasCleanWay(schedule: LabSchedule): boolean {
  const { guardMs } = schedule.audit
  if (guardMs === 0) return true
  const segments = segmentsOf(schedule)
  for (let index = 1; index < segments.length; index += 1) {
    const before = segments[index - 1]?.processors ?? []
    const chosen = segments[index]?.processors.find(
      (stage, at) => !stage.failing && before[at] !== undefined && isUsable(before[at], guardMs),
    )
    if (chosen !== undefined && !isUsable(chosen, guardMs)) return false
  }
  const last = segments.at(-1)?.processors ?? []
  return last.some(stage => isUsable(stage, guardMs)) || last.every(stage => stage.failing)
}
