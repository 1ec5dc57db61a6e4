import type { Audit } from '../score/audit.ts'
import type { PerProcessor } from '../score/schedule.ts'
import type { PaymentView } from './look-ups.ts'

/** One payment, with the record of each of the three. */
export interface Compared {
  readonly id: string
  readonly backend: PaymentView
  readonly processors: PerProcessor<PaymentView>
}

/** A payment that the books differ in, and how. */
export interface Difference {
  readonly id: string
  readonly words: string
}

/** The findings about one audit that found the books different. */
export interface Mismatch {
  readonly audit: Audit
  readonly lookedCount: number
  /** Payments the sides still disagree about. */
  readonly differences: readonly Difference[]
  /** If the books agree by now: the last payments of the window, which were most likely answered after the audit. */
  readonly lateIds: readonly Difference[]
}

const names = ['default', 'fallback'] as const
const lateCountMax = 20

export function mismatchOf(audit: Audit, compared: readonly Compared[]): Mismatch {
  const isInWindow = ({ requestedAtMs = Number.NaN }: PaymentView) =>
    requestedAtMs >= audit.fromMs && requestedAtMs <= audit.toMs
  const here = compared.filter(({ backend, processors }) =>
    [backend, processors.default, processors.fallback].some(isInWindow),
  )
  const differences = here.flatMap(each => differenceOf(each))
  return {
    audit,
    lookedCount: compared.length,
    differences,
    lateIds: differences.length > 0 ? [] : lateOf(audit, here),
  }
}

/** How the three disagree about a payment, if they do. */
export function differenceOf({ id, backend, processors }: Compared): readonly Difference[] {
  const found = names.filter(name => processors[name].state === 'found')
  if ([backend, processors.default, processors.fallback].some(({ state }) => state === 'unknown')) return []
  const difference = (words: string) => [{ id, words }]
  if (found.length === 2) return difference('both processors have it: charged twice')
  const [at] = found
  if (backend.state !== 'settled')
    return at === undefined ? [] : difference(`the ${at} processor has it; the backend says ${backend.state}`)
  if (at === undefined)
    return difference(`the backend says settled at ${backend.processor}; no processor has it`)
  if (at !== backend.processor)
    return difference(`the ${at} processor has it; the backend says settled at ${backend.processor}`)
  const [theirs, ours] = [processors[at].requestedAtMs ?? 0, backend.requestedAtMs ?? 0]
  if (theirs === ours) return []
  return difference(`at ${at} under ${instant(theirs)}; the backend has it under ${instant(ours)}`)
}

/** The latest payments at processors whose books differed, the latest first. */
function lateOf(audit: Audit, here: readonly Compared[]): readonly Difference[] {
  const apartCount = names.reduce(
    (sum, name) => sum + Math.abs(audit.backend[name] - audit.processors[name]),
    0,
  )
  return here
    .filter(({ backend }) =>
      names.some(name => name === backend.processor && audit.backend[name] !== audit.processors[name]),
    )
    .sort((one, other) => (other.backend.requestedAtMs ?? 0) - (one.backend.requestedAtMs ?? 0))
    .slice(0, Math.min(apartCount, lateCountMax))
    .map(({ id, backend }) => ({
      id,
      words: `at ${backend.processor} under ${instant(backend.requestedAtMs ?? 0)}, ${Math.round(audit.toMs - (backend.requestedAtMs ?? 0))} ms before the window's end`,
    }))
}

function instant(ms: number): string {
  return new Date(ms).toISOString().slice(11)
}
