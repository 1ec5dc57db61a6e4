import { setTimeout as sleep } from 'node:timers/promises'
import { count, Prng, seconds } from '@rinha/base'
import { collect } from '../../src/chaos/collect.ts'
import { counts, type RuleLine, rulesOfComparison } from '../../src/chaos/report.ts'
import {
  idleMsMax,
  nodesAreReady,
  type QueueCounts,
  queueCounts,
  type Settling,
  settle,
} from '../../src/chaos/settle.ts'
import { judge } from '../../src/chaos/verdict.ts'
import { percentile } from '../../src/score/percentile.ts'
import { type DrillName, drill, type Stall } from './drills.ts'
import { FaultHand, planClusterFaults } from './faults.ts'
import { ClusterFleet, type Roles } from './fleet.ts'
import { SteadyLoad } from './load.ts'
import { Witness } from './witness.ts'

export interface ClusterRunOptions {
  readonly mode: 'chaos' | DrillName
  readonly seed: number
  readonly shards: number
  readonly perSecond: number
  /** Of chaos. */
  readonly lengthMs: number
  readonly everyMs: number
  /** Of a drill. */
  readonly times: number
  readonly bundles: string
  /** For logs. */
  readonly directory: string
  readonly onProgress: (line: string) => void
}

export interface ClusterResult {
  readonly rows: readonly (readonly [string, string])[]
  readonly rules: readonly RuleLine[]
  readonly findings: readonly string[]
}

/** What processors allow, less what two sockets' times may differ. */
const pollGapMsMin = 4990
const drainMsMax = 60_000
/** A leader that has just begun sends little at a time. Where one is killed every few seconds, payments wait until the drill is over. */
const settleMsOfDrill = 2000

export async function runCluster(options: ClusterRunOptions): Promise<ClusterResult> {
  const { mode, bundles, directory, seed, shards, perSecond, onProgress } = options
  onProgress('starting')
  const fleet = await ClusterFleet.start({ bundles, directory, shards, hasLinks: mode === 'chaos' })
  const witnesses: Witness[] = []
  let load: SteadyLoad | undefined
  try {
    for (const shard of fleet.shardIndices)
      witnesses.push(await Witness.open(fleet.servers.urls, fleet.logName(shard)))
    const prng = new Prng(seed)
    load = new SteadyLoad(fleet.nodes, shards, perSecond, prng, fleet.nowMs)
    const played =
      mode === 'chaos'
        ? await playChaos(fleet, load, options)
        : await playDrills(mode, fleet, load, prng, options)
    await Promise.race([load.stop(), sleep(drainMsMax)])
    load.abort()
    const settleMsMax = mode === 'chaos' ? idleMsMax : idleMsMax + settleMsOfDrill * options.times
    return await compare(fleet, load, witnesses, played, settleMsMax, onProgress)
  } finally {
    load?.abort()
    for (const witness of witnesses) await witness.close()
    await fleet.end()
  }
}

interface Played {
  readonly rows: readonly (readonly [string, string])[]
  readonly rules: readonly RuleLine[]
}

async function playChaos(fleet: ClusterFleet, load: SteadyLoad, options: ClusterRunOptions): Promise<Played> {
  const { seed, shards, lengthMs, everyMs, onProgress } = options
  const hand = new FaultHand(fleet)
  const beganMs = fleet.nowMs()
  for (const fault of planClusterFaults(seed, shards, lengthMs, everyMs)) {
    await sleep(Math.max(0, beganMs + fault.atMs - fleet.nowMs()))
    hand.begin(fault)
    const atS = Math.round((fleet.nowMs() - beganMs) / 1000)
    onProgress(
      `${atS} of ${lengthMs / 1000} s · ${count(load.payments.length)} payments · now: ${fault.kind} ${fault.target}`,
    )
  }
  await sleep(Math.max(0, beganMs + lengthMs - fleet.nowMs()))
  onProgress('healing')
  await hand.heal()
  await fleet.steady()
  const faultCount = [...hand.counts.values()].reduce((sum, each) => sum + each, 0)
  return { rows: [['faults', count(faultCount)], ...counts(hand.counts)], rules: [] }
}

async function playDrills(
  name: DrillName,
  fleet: ClusterFleet,
  load: SteadyLoad,
  prng: Prng,
  { times, onProgress }: ClusterRunOptions,
): Promise<Played> {
  const stalls: Stall[] = []
  for (let index = 0; index < times; index += 1) {
    stalls.push(await drill(name, { fleet, load, prng }))
    const { replicatedMs, receivedMs } = stalls.at(-1) ?? { replicatedMs: 0, receivedMs: 0 }
    onProgress(
      `${name} ${index + 1} of ${times} · ${count(load.payments.length)} payments · replicated again after ${Math.round(replicatedMs)} ms, received after ${Math.round(receivedMs)} ms`,
    )
  }
  await fleet.steady()
  const replicated = stalls.map(({ replicatedMs }) => replicatedMs)
  const received = stalls.map(({ receivedMs }) => receivedMs)
  const figures = (values: readonly number[]) =>
    [0.5, 0.99, 1].map(share => `${Math.round(percentile(values, share))}`).join(' · ')
  const rows = [
    [`${name}, times`, count(times)],
    ['longest wait for a replicated payment, p50 · p99 · most, ms', figures(replicated)],
    ['longest wait for a received payment, p50 · p99 · most, ms', figures(received)],
  ] as const
  return { rows, rules: timesOf(name, replicated, received) }
}

function timesOf(name: DrillName, replicated: readonly number[], received: readonly number[]): RuleLine[] {
  const within = (what: string, ms: number, msMax: number) => ({
    name: `${what} within ${msMax / 1000} s`,
    found: seconds(ms, 2),
    held: ms <= msMax,
  })
  if (name === 'kill') return [within('replicated again, p99,', percentile(replicated, 0.99), 1500)]
  if (name === 'hand-over') return [within('replicated again, p99,', percentile(replicated, 0.99), 500)]
  if (name === 'stop-continue') return []
  return [
    within('replicated again, most,', Math.max(...replicated), 10_000),
    within('received went on, most,', Math.max(...received), 1000),
  ]
}

async function compare(
  fleet: ClusterFleet,
  load: SteadyLoad,
  witnesses: readonly Witness[],
  played: Played,
  settleMsMax: number,
  onProgress: (line: string) => void,
): Promise<ClusterResult> {
  onProgress('settling')
  const settling = await settled(fleet, settleMsMax)
  const { payments } = load
  let shownMs = 0
  const onDone = (done: number) => {
    if (fleet.nowMs() - shownMs < 5000) return
    shownMs = fleet.nowMs()
    onProgress(`comparing: ${count(done)} of ${count(payments.length)} payments`)
  }
  const evidence = await collect(fleet, payments, onDone, () => false)
  const verdict = judge({ ...evidence, deaths: fleet.deaths, hasJournal: true })
  const { default: onDefault, fallback } = evidence.totals
  const settledCount = onDefault.cluster.count + fallback.cluster.count
  const inLogs = (figure: (witness: Witness) => number) =>
    witnesses.reduce((sum, witness) => sum + figure(witness), 0)
  const foreign = witnesses.flatMap(({ problems }) => problems)
  const closePolls = fleet.taps.flatMap(({ gapsMs }) => gapsMs).filter(gapMs => gapMs < pollGapMsMin)
  const found = (name: string, value: number): RuleLine => ({ name, found: count(value), held: value === 0 })
  return {
    rows: [
      ...played.rows,
      [
        'payments',
        `${count(payments.length)} (acknowledged: ${count(payments.filter(({ acks }) => acks.length > 0).length)})`,
      ],
      ...counts(load.answers),
      ...counts(verdict.states),
      ['polls', count(fleet.taps.reduce((sum, { polledAtMs }) => sum + polledAtMs.length, 0))],
      [shardsName(fleet), count(inLogs(({ sequence }) => sequence))],
    ],
    rules: [
      ...rulesOfComparison(verdict),
      found('polls closer than 5 s', closePolls.length),
      found('foreign or damaged frames', foreign.length),
      found(
        'settled, and not in the log',
        Math.max(0, settledCount - inLogs(({ paymentCount }) => paymentCount)),
      ),
      found('ended by itself, or not when told to', fleet.crashes.length),
      {
        name: `all settled within ${settleMsMax / 1000} s`,
        found: settling.idleMs === undefined ? 'never' : seconds(settling.idleMs, 1),
        held: settling.idleMs !== undefined && settling.idleMs <= settleMsMax,
      },
      ...played.rules,
    ],
    findings: [
      ...verdict.findings,
      ...foreign,
      ...fleet.crashes,
      ...closePolls.map(gapMs => `two polls ${Math.round(gapMs)} ms apart`),
    ],
  }
}

const shardsName = ({ shards }: ClusterFleet) =>
  shards === 1 ? 'records of the log' : `records of the ${shards} logs`

async function settled(fleet: ClusterFleet, msMax: number): Promise<Settling> {
  const roles = await fleet.steady()
  const fromMs = fleet.nowMs()
  const world = {
    queue: () => countsOf(roles),
    nodesAreReady: () => nodesAreReady(fleet.nodes),
    nowMs: () => fleet.nowMs() - fromMs,
    pause: (durationMs: number) => sleep(durationMs),
    isOver: () => false,
  }
  return settle(world, msMax)
}

/** Of all shards together. */
async function countsOf(roles: readonly Roles[]): Promise<QueueCounts | undefined> {
  const all = await Promise.all(
    roles.map(async ({ leader }, shard) => {
      const admin = leader.admins[shard]
      return admin && queueCounts(admin)
    }),
  )
  return all.reduce(
    (sum, each) =>
      sum &&
      each && {
        queuedCount: sum.queuedCount + each.queuedCount,
        inFlightCount: sum.inFlightCount + each.inFlightCount,
        unknownCount: sum.unknownCount + each.unknownCount,
        settledCount: sum.settledCount + each.settledCount,
      },
  )
}
