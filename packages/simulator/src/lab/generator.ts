import { assert, Prng } from '@rinha/base'
import type { ProcessorStage } from '../processor.ts'
import type { LabSchedule, LabStage } from './schedule.ts'

/**
 * Random schedules, one for each seed, shaped like the official two so that what is tuned on them carries over, and wider
 * in every respect so that nothing can be tuned to those two:
 *
 * | what | how it is drawn |
 * |---|---|
 * | fees | distinct whole basis points in 1–20 %, sorted: the first processor is the cheapest |
 * | run | 30–300 s |
 * | peak users | 100–600, from 1 in a straight line |
 * | stages | the first at 1 s, each 10–30 s long |
 * | delay of the cheapest | 35 %: large, log-evenly 500–5000 ms; else small: half of them 0, half log-evenly 1–150 ms |
 * | delay of the others | 20 % large, else small, in the same way |
 * | failing | the cheapest in 25 % of its stages, the others in 12.5 %: each by itself, so all may fail at once |
 * | guard | 1500 ms, 2000 ms or none, a third each |
 *
 * Shares are those of the official stages (16 for each processor: 6 and 3 large delays, 4 and 2 failing). Schedules in
 * which nothing works from the first payment to the last are drawn again: they have no bound to compare with.
 */
export interface GeneratorOptions {
  readonly processorCount: number
  /** Instead of a drawn guard. */
  readonly guardMs?: number
}

export function randomSchedule(
  seed: number,
  { processorCount, guardMs }: GeneratorOptions = { processorCount: 2 },
): LabSchedule {
  assert(processorCount >= 1 && processorCount <= 8, 'one to eight processors')
  const prng = new Prng(seed)
  for (;;) {
    const durationMs = 1000 * prng.integer(30, 300)
    const usersMax = prng.integer(100, 600)
    const feesBps = drawFees(prng, processorCount)
    const drawnGuardMs = drawGuardMs(prng)
    const stages = drawStages(prng, processorCount, durationMs)
    if (!stages.some(({ processors }) => processors.some(({ failing }) => !failing))) continue
    return {
      name: `random ${seed}`,
      seed,
      durationMs,
      usersMax,
      thinkTimeMs: 1000,
      amountCents: 1990,
      feesBps,
      audit: {
        everyMs: 10_000,
        lookBackMs: 15_000,
        guardMs: guardMs ?? drawnGuardMs,
        rule: 'sum-of-abs',
      },
      stages,
    }
  }
}

const largeShare = { cheapest: 0.35, other: 0.2 }
const failingShare = { cheapest: 0.25, other: 0.125 }

export function drawGuardMs(prng: Prng): number {
  return prng.pick([1500, 2000, 0])
}

export function drawFees(prng: Prng, count: number): readonly number[] {
  const fees = new Set<number>()
  while (fees.size < count) fees.add(prng.integer(100, 2000))
  return [...fees].sort((left, right) => left - right)
}

function drawStages(prng: Prng, processorCount: number, durationMs: number): readonly LabStage[] {
  const stages: LabStage[] = []
  for (let atMs = 1000; atMs < durationMs; atMs += 1000 * prng.integer(10, 30)) {
    const processors = Array.from({ length: processorCount }, (_, index) =>
      drawBehaviour(prng, index === 0 ? 'cheapest' : 'other'),
    )
    stages.push({ atMs, processors })
  }
  return stages
}

function drawBehaviour(prng: Prng, rank: 'cheapest' | 'other'): ProcessorStage {
  return { delayMs: drawDelayMs(prng, largeShare[rank], 0.5, 150), failing: prng.chance(failingShare[rank]) }
}

/** Large, log-evenly 500–5000 ms, in a share; of the rest none in a share, else small. */
export function drawDelayMs(prng: Prng, largeShare: number, noneShare: number, smallMsMax: number): number {
  if (prng.chance(largeShare)) return Math.round(logEvenly(prng, 500, 5000))
  return prng.chance(noneShare) ? 0 : Math.round(logEvenly(prng, 1, smallMsMax))
}

export function logEvenly(prng: Prng, min: number, max: number): number {
  return min * (max / min) ** prng.unit()
}
