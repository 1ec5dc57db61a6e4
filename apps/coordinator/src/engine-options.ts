import type { EngineOptions } from '@rinha/engine'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { policyNumbers } from './policy-settings.ts'
import type { CoordinatorSettings } from './settings.ts'
import { ownShard, partOf } from './shards/shard-settings.ts'

/** The engine's options, from the settings. */
export function engineOptions(
  settings: CoordinatorSettings,
): Pick<EngineOptions, 'policy' | 'pace' | 'lanes' | 'predecessor' | 'retainMs' | 'pollsHealth'> {
  return {
    pollsHealth: ownShard(settings).index === 0,
    predecessor: { spanMs: settings.PREDECESSOR_MS, attemptTimeoutMs: settings.ATTEMPT_TIMEOUT_MS },
    retainMs: settings.RETAIN_HOURS * 3_600_000,
    policy: createPolicy(settings.POLICY, {
      outageMsPerPercent: settings.HOLD_OUTAGE_MS_PER_PERCENT,
      slownessMsPerPercent: settings.HOLD_SLOWNESS_MS_PER_PERCENT,
      graceMs: settings.GRACE_MS,
      outageRiskPercent: settings.OUTAGE_RISK_PERCENT,
      slowRiskPercent: settings.SLOW_RISK_PERCENT,
      mismatchCostPercent: settings.MISMATCH_COST_PERCENT,
      ...policyNumbers(settings.POLICY_SETTINGS),
    }),
    pace: {
      ...paceDefaults,
      perSecondMin: partOf(paceDefaults.perSecondMin, settings),
      perSecondMax: partOf(settings.DRAIN_PER_SECOND_MAX, settings),
      perSecondMaxAtEnd: partOf(settings.DRAIN_PER_SECOND_AT_END, settings),
      tickMsMax: settings.DISPATCH_TICK_MS_MAX,
    },
    lanes: settings.PROCESSORS.map(({ name, feeBps, fastMsMax }) => ({
      name,
      feeBps,
      fastMsMax,
      auditGuardMs: settings.AUDIT_GUARD_MS,
      healthPollMs: settings.HEALTH_POLL_MS,
      limiter: {
        countInitial: partOf(settings.IN_FLIGHT_COUNT_INITIAL, settings),
        countMax: partOf(settings.IN_FLIGHT_COUNT_MAX, settings),
      },
      circuit: {
        failuresToOpen: settings.FAILURES_TO_OPEN,
        canaryIntervalMsMin: settings.CANARY_MS_MIN,
        canaryIntervalMsMax: settings.CANARY_MS_MAX,
      },
    })),
  }
}
