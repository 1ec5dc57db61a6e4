import type { Status } from '../data/store.ts'
import { count, lasting, perSecond, plural } from './units.ts'

type Holding = NonNullable<Status['holding']>
type Against = Status['processors'][number]['against']

/** Why the oldest queued payment waits. */
export function holdingWords(holding: Holding): string {
  switch (holding.reason) {
    case 'journalFails':
      return 'nothing is sent, because the journal fails'
    case 'paused':
      return 'a person lets nothing new be sent to any processor'
    case 'lookedUpFirst':
      return `${plural(holding.count, 'payment')} must be looked up before they are sent${beginsIn(holding.beginsInMs)}`
    case 'noneUsable':
      return `no processor may be sent to: ${holding.processor}${againstWords(holding.against)}${atMost(holding.leftMs)}`
    case 'policy':
      return `the policy lets them wait, although a processor is usable: ${holding.processor}${againstWords(holding.against)}`
    case 'cheaper': {
      const many =
        holding.heldCountMax === null ? '' : `, with at most ${plural(holding.heldCountMax, 'payment')}`
      return `waits for ${holding.processor}, which is cheaper, but${againstWords(holding.against)}${atMost(holding.leftMs)}${many}`
    }
    case 'limiter':
      return `${holding.processor} has ${count(holding.inFlightCount)} of at most ${count(holding.limitCount)} attempts under way`
    case 'pace':
      return `the backlog is drained at ${perSecond(holding.perSecond)}`
  }
}

const words: { readonly [against in NonNullable<Against>]: string } = {
  paused: 'is paused',
  draining: 'is draining',
  down: 'is down',
  leftAlone: 'has asked to be left alone',
  stalled: 'has overdue answers',
  level: 'answers later than the audit guard',
  tail: 'has rare answers later than the audit guard',
}

/** What speaks against a processor, after its name. */
export const againstWords = (against: Against) => ` ${against === null ? 'is not ready' : words[against]}`
const beginsIn = (ms: number) => (ms === 0 ? '' : `, which begins in ${lasting(ms)}`)
const atMost = (leftMs: number | null) =>
  leftMs === null ? '' : `, for ${lasting(Math.max(0, leftMs))} more at the most`
