import type { Prng } from '@rinha/base'
import { noNoise, type ProcessorNoise, tailKinds } from '@rinha/processor-model'

const sharesMax = [0.01, 0.01, 0.05, 0.2]
const tailsMsMax = [500, 3000, 10_000]

/** What a processor does by chance for a spell of time: everything at once and rare, or a few things and often. */
export function drawNoise(prng: Prng): ProcessorNoise {
  const isAll = prng.chance(0.3)
  const shareMax = isAll ? 0.01 : prng.pick(sharesMax)
  const share = () => (isAll || prng.chance(0.5) ? prng.unit() * shareMax : 0)
  const tailMsMax = prng.pick(tailsMsMax)
  return {
    tailKind: prng.pick(tailKinds),
    tailShare: share(),
    tailMsMin: tailMsMax * (0.01 + 0.3 * prng.unit()),
    tailMsMax,
    tailShape: 0.5 + 2 * prng.unit(),
    tailAfterInsert: prng.chance(0.5),
    resetBeforeShare: share(),
    resetAfterShare: share(),
    failAfterShare: share(),
    pushBackShare: share(),
    perSecondMax: prng.chance(0.15) ? prng.integer(5, 100) : 0,
    loadMs: prng.chance(0.15) ? prng.unit() * 5 : 0,
    slowStartMs: prng.chance(0.15) ? prng.unit() * 1000 : 0,
  }
}

/** What a lane has to carry on with: rare faults of every kind, tails that hang, and losses that are no congestion. */
export function drawCalmNoise(prng: Prng): ProcessorNoise {
  const isRare = prng.chance(0.5)
  return {
    ...noNoise,
    tailKind: 'uniform',
    tailShare: isRare ? 0.01 : 0.04,
    tailMsMin: 3000,
    tailMsMax: isRare ? 3000 : 10_000,
    tailAfterInsert: prng.chance(0.5),
    resetBeforeShare: isRare ? 0.01 : 0.03,
    resetAfterShare: isRare ? 0.01 : 0.03,
    failAfterShare: 0.005,
    pushBackShare: isRare ? 0.01 : prng.pick([0, 0.01, 0.1]),
  }
}

/** For a moment the processor takes payments and answers none of them. */
export const hiccup: ProcessorNoise = {
  ...noNoise,
  tailKind: 'uniform',
  tailShare: 1,
  tailMsMin: 8000,
  tailMsMax: 8000,
}
