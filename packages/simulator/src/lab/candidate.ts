import type { EngineOptions } from '@rinha/engine'
import { Ledger } from '@rinha/ledger'
import { createPolicy, type PolicyName, paceDefaults, policyNames, policyNumberNames } from '@rinha/routing'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import { CoordinatorPayer, type OnSettled, type Payer } from './payer.ts'
import { RetryLoop } from './retry-loop.ts'
import type { LabSchedule } from './schedule.ts'

/**
 * One configuration of the coordinator that the laboratory plays, or a retry loop in its place. Everything it changes is a number with a name, so that
 * a tuner can set any of them from the command line: the tuning below, and whatever the policy itself reads.
 */
export interface Candidate {
  readonly label: string
  readonly policy: PolicyName | 'retry-loop'
  readonly numbers: Readonly<Record<string, number>>
}

/** The coordinator's own defaults. `auditGuardMs` is the schedule's unless set: a deployment knows its auditor. */
const tuning = {
  countInitial: 6,
  countMax: 700,
  failuresToOpen: 3,
  canaryIntervalMsMin: 50,
  canaryIntervalMsMax: 1000,
  healthPollMs: 5000,
  fastMsOfCheapest: 100,
  fastMsOfDearer: 50,
  ...paceDefaults,
} as const satisfies Readonly<Record<string, number>>

/**
 * Baselines beside the named policies: the original's rule with its six workers, which never grow, and no guard; and a
 * plain retry loop with six workers for each processor.
 */
const baselines: readonly Candidate[] = [
  {
    label: 'original',
    policy: 'default-first',
    numbers: { countInitial: 6, countMax: 6, auditGuardMs: 0 },
  },
  { label: 'retry-loop', policy: 'retry-loop', numbers: { countMax: 6 } },
]

export const candidateLabels: readonly string[] = [...baselines.map(({ label }) => label), ...policyNames]

/**
 * A candidate by its label, with numbers set. If there is no such candidate, or nothing reads a number of that name, the
 * answer is a line that says so.
 */
export function createCandidate(
  name: string,
  numbers: Readonly<Record<string, number>> = {},
  label = name,
): Candidate | string {
  const baseline = baselines.find(known => known.label === name)
  if (baseline !== undefined)
    return checked({ ...baseline, label, numbers: { ...baseline.numbers, ...numbers } })
  const policy = policyNames.find(known => known === name)
  if (policy === undefined) return `there is no policy "${name}": ${candidateLabels.join(', ')}`
  return checked({ label, policy, numbers })
}

function checked(candidate: Candidate): Candidate | string {
  const { policy } = candidate
  const known = new Set<string>(
    policy === 'retry-loop'
      ? ['countMax']
      : [...Object.keys(tuning), 'auditGuardMs', ...policyNumberNames(policy)],
  )
  const unknown = Object.keys(candidate.numbers).find(name => !known.has(name))
  if (unknown === undefined) return candidate
  return `nothing of "${candidate.policy}" is called "${unknown}": ${[...known].join(', ')}`
}

/** The candidate's payer, not started yet. */
export function createPayer(
  { policy, numbers }: Candidate,
  schedule: LabSchedule,
  world: World,
  processors: readonly SimProcessor[],
  paymentCountMax: number,
  onSettled: OnSettled,
): Payer {
  if (policy === 'retry-loop') return new RetryLoop(world, processors, numbers.countMax ?? 6, onSettled)
  const options = engineOptions(policy, numbers, schedule, paymentCountMax)
  return new CoordinatorPayer(world, processors, options, onSettled)
}

/** The one place where the laboratory, and the lessons, configure an engine. */
export function engineOptions(
  policy: PolicyName,
  numbers: Candidate['numbers'],
  schedule: Pick<LabSchedule, 'feesBps' | 'audit' | 'seed'>,
  paymentCountMax: number,
): Omit<EngineOptions, 'startedAt'> {
  const set = (name: keyof typeof tuning): number => numbers[name] ?? tuning[name]
  return {
    lanes: schedule.feesBps.map((feeBps, index) => ({
      name: `processor-${index}`,
      feeBps,
      fastMsMax: set(index === 0 ? 'fastMsOfCheapest' : 'fastMsOfDearer'),
      auditGuardMs: numbers.auditGuardMs ?? schedule.audit.guardMs,
      circuit: {
        failuresToOpen: set('failuresToOpen'),
        canaryIntervalMsMin: set('canaryIntervalMsMin'),
        canaryIntervalMsMax: set('canaryIntervalMsMax'),
      },
      limiter: { countInitial: set('countInitial'), countMax: set('countMax') },
      healthPollMs: set('healthPollMs'),
    })),
    policy: createPolicy(policy, numbers),
    pace: {
      drainMs: set('drainMs'),
      perSecondMin: set('perSecondMin'),
      perSecondMax: set('perSecondMax'),
      perSecondMaxAtEnd: set('perSecondMaxAtEnd'),
      burstMs: set('burstMs'),
      tickMsMax: set('tickMsMax'),
    },
    ledger: new Ledger({
      processorCount: schedule.feesBps.length,
      paymentCountMax,
      hashSeed: schedule.seed,
    }),
  }
}
