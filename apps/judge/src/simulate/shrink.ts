import type { ClusterReport, PlanOptions } from '@rinha/simulator'

export interface Failure {
  readonly options: PlanOptions
  readonly report: ClusterReport
}

/** Minutes that are tried in place of the seed's own, shortest first. */
const minutesTried = [0.02, 0.05, 0.1, 0.2, 0.4]

/**
 * A shorter run of the same seed that breaks the same rule: first in less virtual time, then with fewer payments,
 * halving the range in which the fewest must lie. The smaller run fails by the same checker, perhaps for another
 * reason. It is a place to start reading; the original run is kept.
 */
export async function shrink(
  first: Failure,
  play: (options: PlanOptions) => Promise<ClusterReport>,
): Promise<Failure> {
  let best = first
  const tryWith = async (options: PlanOptions): Promise<boolean> => {
    const report = await play(options)
    if (report.violation?.checker !== first.report.violation?.checker) return false
    best = { options, report }
    return true
  }
  for (const minutes of minutesTried) {
    if ((best.report.violation?.atMs ?? 0) <= minutes * 60_000) break
    if (await tryWith({ ...first.options, minutes })) break
  }
  let tooFew = 0
  for (let enough = best.report.tally.payments; enough - tooFew > 1; ) {
    const paymentCountMax = Math.floor((tooFew + enough) / 2)
    if (await tryWith({ ...best.options, paymentCountMax })) enough = paymentCountMax
    else tooFew = paymentCountMax
  }
  return best
}
