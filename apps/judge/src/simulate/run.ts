import { UsageProblem } from '@rinha/service'
import { addTally, type ClusterReport, drawPlan, emptyTally, type PlanOptions } from '@rinha/simulator'
import type { SimulateOptions } from './options.ts'
import { type Failure, shrink } from './shrink.ts'
import type { Summary } from './table.ts'

export interface RunOutcome {
  readonly summary: Summary
  /** The first violation by seed among those found, and the shortest run that has it. */
  readonly failure: { readonly found: Failure; readonly shortest: Failure } | undefined
}

/** `records` asks for what happened, beside the report. */
export type SimulateJob = PlanOptions & { readonly records?: boolean }

type Play = (options: PlanOptions) => Promise<ClusterReport>

/** The plan of one seed. */
export function planOptions(options: SimulateOptions, seed: number): PlanOptions {
  const { minutes, payments, crashes, replicated, shards } = options
  return {
    seed,
    crashes,
    ...(replicated && { isReplicated: true }),
    ...(shards === undefined ? {} : { shardCount: shards }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(payments === undefined ? {} : { paymentCountMax: payments }),
  }
}

/** Plays all seeds on all players until something is found. `onReport` is called after each run. */
export async function runSeeds(
  options: SimulateOptions,
  players: readonly Play[],
  onReport: (seedCount: number, report: ClusterReport) => void = () => {},
): Promise<RunOutcome> {
  const startMs = performance.now()
  const tally = emptyTally()
  const hashes = new Map<number, string>()
  const failures: Failure[] = []
  let nextSeed = options.seed
  let settledAfterMsMax = 0
  const playOn = async (play: Play) => {
    while (failures.length === 0 && nextSeed < options.seed + options.seeds) {
      const played = planOptions(options, nextSeed)
      nextSeed += 1
      if (options.policy !== undefined && drawPlan(played).policy !== options.policy) continue
      const report = await play(played)
      addTally(tally, report.tally)
      hashes.set(played.seed, report.traceHash)
      settledAfterMsMax = Math.max(settledAfterMsMax, report.settledAfterMs || 0)
      if (report.violation !== undefined) failures.push({ options: played, report })
      onReport(hashes.size, report)
    }
  }
  await Promise.all(players.map(playOn))
  if (hashes.size === 0) throw new UsageProblem(`--policy ${options.policy}: none of these seeds chooses it`)
  const wallMs = performance.now() - startMs
  failures.sort((a, b) => a.options.seed - b.options.seed)
  const [found] = failures
  const [play] = players
  const shortest = found !== undefined && play !== undefined ? await shrink(found, play) : found
  return {
    summary: {
      seedCount: hashes.size,
      tally,
      wallMs,
      settledAfterMsMax,
      violationCount: failures.length,
      hash: combine(hashes),
    },
    failure: found === undefined || shortest === undefined ? undefined : { found, shortest },
  }
}

/** One hash for all runs, in whichever order they ended. */
function combine(hashes: ReadonlyMap<number, string>): string {
  let hash = 0x811c9dc5
  for (const [, text] of [...hashes].sort(([a], [b]) => a - b)) {
    for (let index = 0; index < text.length; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
