import { Prng } from '@rinha/base'
import { everyNoiseAtOnce, noNoise, type ProcessorNoise, tailKinds } from '@rinha/processor-model'
import type { ProcessorStage } from '../processor.ts'
import { drawDelayMs, drawFees, drawGuardMs, logEvenly } from './generator.ts'
import { isUsable, type LabAudit, type LabSchedule, type LabStage } from './schedule.ts'

/**
 * Schedules in which processors misbehave as real ones do: by chance, rarely, and in several ways at once. What a
 * schedule of the random family does is rarer here, so that most of what goes wrong is noise.
 *
 * | what | how it is drawn |
 * |---|---|
 * | fees, guard | as in the random family |
 * | run | 40–90 s, and 10 s in which nobody pays and the noise goes on, before the totals are read |
 * | peak users | 300–600: one payment a second each. From 1 in a straight line, half of them within 1 s, half to the end |
 * | stages | the first at 1 s, each 10–30 s long, and in each for each processor by itself: |
 * | delay | 8 % large, log-evenly 500–5000 ms; else 60 % 0, the rest log-evenly 1–100 ms |
 * | failing | 6 % |
 * | tail | a quarter each: none; 0.2–1 % of payments late by 1 s to 1–10 s; log-normal for all, median 1–20 ms, sigma 0.5–1.5; Pareto for all, scale 1–10 ms, alpha 1.2–2.5; the last two up to 10 s. Half of them after the insert |
 * | resets | before and after the insert, each in half the stages, 0.2–2 % |
 * | 503 after the insert | in half the stages, 0.1–1 % |
 * | 429 | by chance in half the stages, 0.5–3 %; by rate in 10 %, at half to twice the peak |
 * | brown-out | in 15 %, 0.1–1 ms for each call under way |
 * | slow start | in 15 %, 100–1000 ms |
 * | both at once | in 30 %: for the first 2–8 s of the stage both fail, or both lose every tenth answer and push every tenth payment back |
 *
 * Shares and times are drawn log-evenly. In the last stage at least one processor is usable, or what came last could not
 * settle.
 */
export function noiseSchedule(seed: number, processorCount = 2): LabSchedule {
  const prng = new Prng(seed)
  for (;;) {
    const durationMs = 1000 * prng.integer(40, 90)
    const usersMax = prng.integer(300, 600)
    const rampMs = prng.chance(0.5) ? steadyFromMs : durationMs
    const feesBps = drawFees(prng, processorCount)
    const guardMs = drawGuardMs(prng)
    const stages = drawStages(prng, processorCount, durationMs, usersMax)
    const isSettling = stages.at(-1)?.processors.some(stage => isUsable(stage, guardMs))
    if (isSettling !== true) continue
    const name = `noise ${seed}`
    return { ...usual, name, seed, durationMs, rampMs, usersMax, feesBps, audit: audit(guardMs), stages }
  }
}

/** {@link everyNoiseAtOnce} from both processors for a minute, at a steady load. */
export function steadyNoise(perSecond: number, guardMs: number): LabSchedule {
  const stage = { delayMs: 0, failing: false, noise: everyNoiseAtOnce }
  return {
    ...usual,
    name: `${perSecond}/s, ${guardMs === 0 ? 'no guard' : `guard ${guardMs} ms`}`,
    seed: 1,
    durationMs: 60_000,
    rampMs: steadyFromMs,
    usersMax: perSecond,
    feesBps: [500, 1500],
    audit: audit(guardMs),
    stages: [{ atMs: 0, processors: [stage, stage] }],
  }
}

const usual = { thinkTimeMs: 1000, amountCents: 1990, settleMs: 10_000 }
const steadyFromMs = 1000

function audit(guardMs: number): LabAudit {
  return { everyMs: 10_000, lookBackMs: 15_000, guardMs, rule: 'sum-of-abs' }
}

function drawStages(
  prng: Prng,
  processorCount: number,
  durationMs: number,
  usersMax: number,
): readonly LabStage[] {
  const stages: LabStage[] = []
  for (let atMs = 1000; atMs < durationMs; atMs += 1000 * prng.integer(10, 30)) {
    const processors = Array.from({ length: processorCount }, () => drawBehaviour(prng, usersMax))
    const shared = prng.unit()
    const sharedMs = 1000 * prng.integer(2, 8)
    if (shared < 0.15)
      stages.push({ atMs, processors: processors.map(stage => ({ ...stage, failing: true })) })
    else if (shared < 0.3)
      stages.push({ atMs, processors: processors.map(stage => ({ ...stage, noise: loud })) })
    stages.push({ atMs: shared < 0.3 ? atMs + sharedMs : atMs, processors })
  }
  return stages
}

/** The behaviour of both processors for some seconds, as if the network to them were failing. */
const loud: ProcessorNoise = { ...noNoise, resetBeforeShare: 0.05, resetAfterShare: 0.05, pushBackShare: 0.1 }

function drawBehaviour(prng: Prng, usersMax: number): ProcessorStage {
  return {
    delayMs: drawDelayMs(prng, 0.08, 0.6, 100),
    failing: prng.chance(0.06),
    noise: drawNoise(prng, usersMax),
  }
}

function drawNoise(prng: Prng, usersMax: number): ProcessorNoise {
  const sometimes = (chance: number, min: number, max: number): number => {
    const drawn = logEvenly(prng, min, max)
    return prng.chance(chance) ? drawn : 0
  }
  return {
    ...drawTail(prng),
    resetBeforeShare: sometimes(0.5, 0.002, 0.02),
    resetAfterShare: sometimes(0.5, 0.002, 0.02),
    failAfterShare: sometimes(0.5, 0.001, 0.01),
    pushBackShare: sometimes(0.5, 0.005, 0.03),
    perSecondMax: Math.round(sometimes(0.1, usersMax / 2, usersMax * 2)),
    loadMs: sometimes(0.15, 0.1, 1),
    slowStartMs: sometimes(0.15, 100, 1000),
  }
}

type Tail = Pick<
  ProcessorNoise,
  'tailKind' | 'tailShare' | 'tailMsMin' | 'tailMsMax' | 'tailShape' | 'tailAfterInsert'
>

function drawTail(prng: Prng): Tail {
  const tailKind = prng.pick(tailKinds)
  const tailAfterInsert = prng.chance(0.5)
  switch (tailKind) {
    case 'uniform':
      return {
        tailKind,
        tailShare: logEvenly(prng, 0.002, 0.01),
        tailMsMin: 1000,
        tailMsMax: logEvenly(prng, 1000, 10_000),
        tailShape: 1,
        tailAfterInsert,
      }
    case 'logNormal':
      return { tailKind, ...forAll(logEvenly(prng, 1, 20), 0.5 + prng.unit()), tailAfterInsert }
    case 'pareto':
      return { tailKind, ...forAll(logEvenly(prng, 1, 10), 1.2 + 1.3 * prng.unit()), tailAfterInsert }
    default:
      return noNoise
  }
}

const forAll = (tailMsMin: number, tailShape: number) => ({
  tailShare: 1,
  tailMsMin,
  tailMsMax: 10_000,
  tailShape,
})
