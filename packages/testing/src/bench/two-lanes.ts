/** The lanes of benches: the challenge's two processors, at the coordinator's default settings. */
export const twoLanes = ['default', 'fallback'].map((name, index) => ({
  name,
  feeBps: 500 + 1000 * index,
  fastMsMax: 100,
  auditGuardMs: 1500,
  circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
  limiter: { countInitial: 6, countMax: 100 },
  healthPollMs: 5000,
}))
