import { Prng } from '@rinha/base'
import { type AckLevel, localAckLevels } from '@rinha/node'
import { onlyShard, type Shard } from '@rinha/payment'
import { type PolicyName, policyNames } from '@rinha/routing'

/**
 * Everything about a run that its seed decides before it begins. Each range is there to meet a case: time-outs below
 * and above the processors' delays, buffers that fill, one, two or three processors.
 */
export interface Plan {
  readonly seed: number
  readonly processorCount: number
  readonly nodeCount: number
  /** At the start nothing changes for this long; then faults; then all is well and everything has to settle. */
  readonly calmMs: number
  readonly calmDelayMs: number
  /** In the calm, the cheapest processor is down. Payments may be held for it for their hold budget, and no longer. */
  readonly calmOutage: boolean
  /** In the calm, every answer to a payment is lost, and every payment is recorded. */
  readonly calmMute: boolean
  /** In the calm all processors, or the first, make noise that a lane has to carry on with; and now and then hang for a moment. */
  readonly calmNoise: 'none' | 'first' | 'all'
  /** In the calm, every processor is always slower than the guard, so the policy must stop waiting after its patience. */
  readonly calmLate: boolean
  /** Processors make noise for spells of the time in which there are faults. */
  readonly noisy: boolean
  /** The patient policy's wait for each percent between the fees of two processors. */
  readonly outageMsPerPercent: number
  readonly faultMs: number
  readonly healedDelayMs: number
  /** How long after everything has healed it may take until the last payment is settled. */
  readonly settleMsMax: number
  readonly paymentsPerSecond: number
  /** No more than this many payments are posted: for making a failing run shorter. */
  readonly paymentCountMax: number
  /** 0 to 1: how much of the time something is wrong. */
  readonly storminess: number
  /** Chances of the fault kinds are drawn up to this. */
  readonly faultChanceMax: number
  /** From the beginning of the faults to the very end, every health endpoint says failing. */
  readonly healthIsStuck: boolean
  /** The coordinator, or with several shards that of each, dies and starts again. */
  readonly crashes: boolean
  /** In the plan of a run: how many shards there are, and the limits of all together. {@link planOfShard} makes that of each. */
  readonly shard: Shard
  /** How often the way between a node and a shard, or from a shard to shard 0, is cut while there are faults, on average. */
  readonly severEveryMs: number
  /** So many coordinators are candidates of a replicated log; 0: there is one coordinator, with a log of its own or none. */
  readonly candidateCount: number
  /** How often something happens to the log or a candidate while there are faults, on average. */
  readonly upheavalEveryMs: number
  /** The coordinator writes a journal, and so remembers. */
  readonly journal: boolean
  /**
   * In runs with crashes: the journal's lock is removed and a second coordinator started, which the first one notices or
   * not.
   */
  readonly intruder: 'none' | 'seen' | 'unseen'
  readonly segmentBytesMax: number
  /** The largest error of the coordinator's wall clock, in either direction; 0 for none. */
  readonly clockErrorMsMax: number
  /** How long it may go on settling when it is stopped in order. */
  readonly drainMsMax: number
  /** How often a crash is a power cut: what was not synced is gone or garbage. */
  readonly powerCutChance: number
  /** The first crash takes the disk with it, and the next one follows soon. */
  readonly losesDisk: boolean
  /** How much of the time the disk is full or broken. */
  readonly diskTroubleChance: number
  /** In runs in which a coordinator dies without a journal, for how long a look-up may not find what a processor has recorded. */
  readonly lookUpLagMsMax: number
  /** How often an API node dies and comes back. */
  readonly nodeDeathCount: number
  /** A peer that is none of ours connects every so often, on average; never for Infinity. */
  readonly hostileEveryMs: number
  /** How often a node that connects finds another process in the coordinator's place. */
  readonly impostorChance: number
  /** How often a person pauses, drains or resumes processors while there are faults, on average; never for Infinity. */
  readonly operateEveryMs: number
  /** The coordinator is purged once, in the middle of the run. */
  readonly purges: boolean

  readonly clientTimeoutMs: number
  /** The acknowledgement level of clients that ask for none, and the lowest one. */
  readonly ackLevel: AckLevel
  readonly ackLevelMin: AckLevel
  readonly ackWaitMsMax: number
  /** How many of the clients that ask for a payment wait for its end, and for how long they may. */
  readonly waitsChance: number
  readonly waitSecondsMax: number
  readonly waitCountMax: number
  readonly bodyBytesMax: number
  /** How often the coordinator's event loop stands still for a while, on average; never for Infinity. */
  readonly stallEveryMs: number
  readonly bodyMsMax: number
  readonly bufferCountMax: number
  readonly bufferAgeMsMax: number
  readonly requestCountMax: number
  readonly requestTimeoutMs: number
  readonly heartbeatMs: number
  readonly handshakeTimeoutMs: number
  readonly reconnectMsMin: number
  readonly reconnectMsMax: number
  readonly windowCountMax: number
  readonly nodeCountMax: number
  /** Payments the coordinator remembers: past it, windows close, buffers fill, and clients are told 503. */
  readonly rememberedCountMax: number

  /** Payments that have ended leave the ledger at this age, and none is younger than the second one. 0: they stay. */
  readonly retainMs: number
  readonly keptMsMin: number

  /** How long a payment may have to wait in the queue: past it clients are told 503; 0 for however long. */
  readonly queueWaitMsMax: number

  readonly policy: PolicyName
  readonly auditGuardMs: number
  readonly attemptTimeoutMs: number
  readonly healthTimeoutMs: number
  readonly healthPollMs: number
  readonly inFlightCountInitial: number
  readonly inFlightCountMax: number
  /** The longest pause between two passes over the queue. */
  readonly tickMsMax: number
}

export interface PlanOptions {
  readonly seed: number
  /** Virtual minutes of all but the last part; the seed chooses where absent. */
  readonly minutes?: number
  readonly crashes?: boolean
  /** Several coordinators, and a log that servers keep together. */
  readonly isReplicated?: boolean
  /** Among how many coordinators payments are divided; 1 where absent. */
  readonly shardCount?: number
  readonly paymentCountMax?: number
}

/** After all has healed: time for the circuits, the retries and the backlog. Twice what the longest back-off needs. */
const settleMsAfterLastAttempt = 30_000

/** Where there is no archive, payments are remembered for at least this long. */
const forgottenAfterMsMin = 3000

/** The longest time for which a process stands still: garbage collection, a machine that swaps, SIGSTOP. */
export const stallMsMax = 3000

const ofAllPlans = {
  requestTimeoutMs: 1000,
  handshakeTimeoutMs: 5000,
  reconnectMsMin: 20,
  reconnectMsMax: 1000,
  nodeCountMax: 16,
  healthTimeoutMs: 15_000,
  healthPollMs: 5000,
  inFlightCountInitial: 6,
  bodyBytesMax: 512,
  bodyMsMax: 5000,
  retainMs: 0,
  keptMsMin: 0,
  candidateCount: 0,
  shard: onlyShard,
  severEveryMs: Number.POSITIVE_INFINITY,
  losesDisk: false,
  upheavalEveryMs: Number.POSITIVE_INFINITY,
}

export function drawPlan(options: PlanOptions): Plan {
  const { isReplicated = false, shardCount = 1 } = options
  const plan = drawLocalPlan(options)
  return {
    ...plan,
    ...(!isReplicated && shardCount === 1 && drawDiskLoss(plan)),
    ...(isReplicated && drawReplication(plan)),
    ...(shardCount > 1 && drawShards(plan, shardCount)),
  }
}

function drawLocalPlan({ seed, minutes, crashes = false, paymentCountMax }: PlanOptions): Plan {
  const prng = new Prng(seed)
  // Drawn in any case: a run that is told to be shorter is the same one otherwise.
  const drawnMs = prng.integer(25, 75) * 1000
  const runMs = minutes === undefined ? drawnMs : Math.round(minutes * 60_000)
  const calm = prng.pick(['none', 'none', 'none', 'none', 'mute', 'slow', 'slow', 'outage'] as const)
  const wantsCalm = calm !== 'none'
  const calmMs = wantsCalm ? Math.min(20_000, runMs / 2) : 0
  const attemptTimeoutMs = prng.pick([500, 1500, 5000, 10_000])
  const plan: Plan = {
    ...ofAllPlans,
    seed,
    processorCount: calm === 'outage' ? prng.pick([2, 3]) : prng.pick([1, 2, 2, 2, 3]),
    nodeCount: prng.pick([1, 2, 2, 3]),
    calmMs,
    calmDelayMs: calm === 'slow' ? Math.min(prng.pick([100, 400]), attemptTimeoutMs / 2) : 0,
    calmOutage: calm === 'outage',
    calmMute: calm === 'mute',
    calmNoise: 'none',
    calmLate: false,
    noisy: false,
    outageMsPerPercent: 500,
    faultMs: runMs - calmMs,
    healedDelayMs: Math.min(prng.pick([0, 0, 20, 100, 300]), attemptTimeoutMs / 5),
    settleMsMax: attemptTimeoutMs + settleMsAfterLastAttempt,
    paymentsPerSecond: wantsCalm ? 40 : prng.integer(5, 60),
    paymentCountMax: paymentCountMax ?? Number.POSITIVE_INFINITY,
    storminess: prng.pick([0.1, 0.3, 0.6, 0.9]),
    faultChanceMax: prng.pick([0.05, 0.3, 0.9]),
    crashes,
    purges: prng.chance(0.1),
    operateEveryMs: drawOperateEveryMs(seed),
    clientTimeoutMs: prng.pick([20, 500, 1500]),
    bufferCountMax: prng.pick([20, 200, 5000]),
    requestCountMax: prng.pick([2, 100]),
    heartbeatMs: prng.pick([200, 1000]),
    windowCountMax: prng.pick([5, 100, 20_000]),
    rememberedCountMax: wantsCalm ? 1_000_000 : prng.pick([300, 1_000_000, 1_000_000, 1_000_000, 1_000_000]),
    policy: policyFor(calm) ?? prng.pick(policyNames),
    queueWaitMsMax: 0,
    auditGuardMs: wantsCalm ? 0 : prng.pick([0, 500, 1500, 2000]),
    attemptTimeoutMs,
    inFlightCountMax: wantsCalm ? 700 : prng.pick([20, 700]),
    nodeDeathCount: prng.pick([0, 1, 3, 10]),
    hostileEveryMs: prng.pick([Number.POSITIVE_INFINITY, 10_000, 1000]),
    impostorChance: prng.pick([0, 0, 0.1]),
    journal: prng.pick([true, true, false]),
    segmentBytesMax: prng.pick([2048, 65_536]),
    powerCutChance: prng.pick([0, 0.5, 1]),
    diskTroubleChance: prng.pick([0, 0, 0.1, 0.4]),
    bufferAgeMsMax: prng.pick([2000, 60_000]),
    drainMsMax: prng.pick([0, 500, 3000]),
    clockErrorMsMax: prng.pick([0, 0, 100, 86_400_000]),
    ackLevel: prng.pick(localAckLevels),
    ackLevelMin: prng.pick(['received', 'received', 'received', 'received', ...localAckLevels]),
    ackWaitMsMax: prng.pick([20, 200, 1000]),
    waitsChance: new Prng(seed ^ 0x77616974).chance(0.25) ? 0.3 : 0,
    waitSecondsMax: 3,
    waitCountMax: 1000,
    healthIsStuck: prng.chance(0.08),
    intruder: prng.pick(['none', 'none', 'none', 'seen', 'seen', 'unseen']),
    stallEveryMs: prng.pick([Number.POSITIVE_INFINITY, 5000, 20_000]),
    tickMsMax: new Prng(seed ^ 0x7469636b).pick([0, 2, 8, 50]),
    lookUpLagMsMax: 0,
  }
  const drawn = wantsCalm
    ? plan
    : { ...plan, ...drawNoisyPlan(plan, runMs), queueWaitMsMax: drawQueueWaitMsMax(seed) }
  return { ...drawn, ...drawRetention(plan), lookUpLagMsMax: drawLookUpLagMsMax(plan) }
}

/**
 * Checkers expect little of a payment that was on a lost disk. So a disk is lost only where nothing else makes a coordinator with a
 * journal forget. Drawn from a random stream of its own.
 */
function drawDiskLoss({ seed, crashes, journal, intruder, purges, retainMs }: Plan): Partial<Plan> {
  if (!crashes || !journal || intruder !== 'none' || purges || retainMs > 0) return {}
  const prng = new Prng(seed ^ 0x6469736b)
  return prng.chance(0.25) ? { losesDisk: true, lookUpLagMsMax: prng.pick([0, 1000, 4000]) } : {}
}

/** Drawn from a random stream of its own. */
function drawLookUpLagMsMax({ seed, journal }: Plan): number {
  return !journal ? new Prng(seed ^ 0x6c6f6f6b).pick([0, 1000, 4000]) : 0
}

/**
 * Drawn from a random stream of its own. Without a journal there is no archive, and what leaves is forgotten: in fewer runs, because
 * the checkers expect less of a payment from then on.
 */
function drawRetention({ seed, journal }: Plan): Partial<Plan> {
  const prng = new Prng(seed ^ 0x72657461)
  if (prng.chance(0.5)) return {}
  const kept = { retainMs: prng.pick([1, 5000, 20_000]), keptMsMin: prng.pick([1, 1000, 4000]) }
  if (journal) return kept
  return prng.chance(0.5) ? {} : { ...kept, retainMs: Math.max(kept.retainMs, forgottenAfterMsMin) }
}

/** Drawn from a random stream of its own. If it is 0, the rest of the run is the same as without it. */
function drawQueueWaitMsMax(seed: number): number {
  return new Prng(seed ^ 0x71756575).pick([0, 0, 300, 2000])
}

/**
 * A replicated log in place of a disk. There is no archive: payments that leave are forgotten. There is no calm, because that is about what processors do.
 */
function drawReplication({ seed, calmMs, faultMs }: Plan): Partial<Plan> {
  const prng = new Prng(seed ^ 0x7265706c)
  return {
    ...{ calmMs: 0, calmOutage: false, calmMute: false, calmLate: false, calmNoise: 'none' },
    faultMs: calmMs + faultMs,
    candidateCount: prng.pick([2, 2, 3]),
    upheavalEveryMs: prng.pick([1000, 3000, 8000]),
    journal: true,
    lookUpLagMsMax: 0,
    crashes: false,
    purges: false,
    intruder: 'none',
    diskTroubleChance: 0,
    stallEveryMs: Number.POSITIVE_INFINITY,
    queueWaitMsMax: 0,
    retainMs: prng.pick([0, 0, 0, 5000]),
    keptMsMin: prng.pick([1000, 4000]),
  }
}

/** Drawn from a random stream of its own. Which sums are final is compared only where no clock is set: in more of these runs. */
function drawShards({ seed, clockErrorMsMax }: Plan, count: number): Partial<Plan> {
  const prng = new Prng(seed ^ 0x73686172)
  return {
    shard: { index: 0, count },
    severEveryMs: prng.pick([500, 2000, 8000]),
    clockErrorMsMax: prng.chance(0.6) ? 0 : clockErrorMsMax,
  }
}

/** What one shard goes by: limits that are set for all together are divided, as `apps/coordinator` and `apps/api` divide them. */
export function planOfShard(plan: Plan, index: number): Plan {
  const { shard, bufferCountMax, inFlightCountInitial, inFlightCountMax } = plan
  return {
    ...plan,
    shard: { index, count: shard.count },
    bufferCountMax: partOf(bufferCountMax, shard),
    inFlightCountInitial: partOf(inFlightCountInitial, shard),
    inFlightCountMax: partOf(inFlightCountMax, shard),
  }
}

/** One shard's part of what is set for all together. */
export function partOf(total: number, { count }: Shard): number {
  return Math.max(1, Math.floor(total / count))
}

/** Whether payments that leave memory go to an archive, or are forgotten. */
export function hasArchive({ retainMs, journal, candidateCount }: Plan): boolean {
  return retainMs > 0 && journal && candidateCount === 0
}

/** Whether an id may become unknown although its coordinator lives on: a payment that has left and comes again is a new one. */
export function forgetsWhatLeaves(plan: Plan): boolean {
  return plan.retainMs > 0 && !hasArchive(plan)
}

/** The machines of a shard: of its only coordinator, or of its candidates. */
export function machineCountOf({ candidateCount }: Plan): number {
  return Math.max(1, candidateCount)
}

/** Where nodes reach the coordinators of a shard. */
export function addressesOf(plan: Plan): readonly string[] {
  return Array.from({ length: machineCountOf(plan) }, (_, index) => `coordinator${index + 1}:9400`)
}

/** Drawn from a random stream of its own, so that runs without an operator stay as they are. */
function drawOperateEveryMs(seed: number): number {
  const everyMs = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1000, 4000]
  return everyMs[new Prng(seed ^ 0x68616e64).integer(0, everyMs.length - 1)] ?? Number.POSITIVE_INFINITY
}

/** Drawn from a random stream of its own, so that runs without noise stay as they are. */
function drawNoisyPlan({ seed, processorCount }: Plan, runMs: number): Partial<Plan> {
  const prng = new Prng(seed ^ 0x6e6f6973)
  const kind = prng.pick([
    'none',
    'none',
    'none',
    'spells',
    'spells',
    'spells',
    'calm',
    'calm',
    'late',
  ] as const)
  if (kind === 'none') return {}
  if (kind === 'spells') return { noisy: true }
  const isLate = kind === 'late'
  const calmMs = isLate ? (runMs * 14) / 15 : Math.min(20_000, runMs / 2)
  return {
    noisy: true,
    calmLate: isLate,
    calmNoise: isLate ? 'none' : processorCount > 1 ? prng.pick(['first', 'all']) : 'all',
    calmMs,
    faultMs: runMs - calmMs,
    calmDelayMs: isLate ? 2000 : prng.pick([0, 20, 150]),
    auditGuardMs: isLate ? 500 : prng.pick([0, 1500]),
    policy: 'patient',
    attemptTimeoutMs: 10_000,
    settleMsMax: 10_000 + settleMsAfterLastAttempt,
    inFlightCountMax: 700,
    rememberedCountMax: 1_000_000,
    paymentsPerSecond: isLate ? 20 : prng.pick([40, 150]),
  }
}

/** Slow processors without faults must be used, which only some policies do; held payments need a policy that holds. */
function policyFor(calm: 'none' | 'slow' | 'outage' | 'mute'): PolicyName | undefined {
  return ({ none: undefined, slow: 'default-first', mute: 'default-first', outage: 'patient' } as const)[calm]
}
