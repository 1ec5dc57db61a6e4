import type { QueueStatus } from '@rinha/engine'

type Lane = QueueStatus['processors'][number]

/** Why payments wait, in words: what is wrong with each processor that takes none now. */
export function waitingReason({ processors }: { readonly processors: readonly LaneWords[] }): string {
  const wrong = processors.filter(lane => !lane.usable)
  if (wrong.length === 0) return 'every processor is usable, and none has room for more'
  return wrong.map(againstWords).join('; ')
}

export type LaneWords = Pick<Lane, 'name' | 'usable' | 'against' | 'wayStatus' | 'lastFailure'>

/** The reason why a processor is not usable, with its name. */
export function againstWords({ name, against, wayStatus, lastFailure }: LaneWords): string {
  if (wayStatus !== null) return `${name}: answers ${wayStatus}`
  // An answer's reason may begin with the name.
  if (against === 'down') return `${name}: ${(lastFailure ?? 'down').replace(`${name}: `, '')}`
  return `${name}: ${against === null ? 'usable' : otherWords[against]}`
}

const otherWords = {
  paused: 'a person has paused it',
  draining: 'a person lets it drain',
  leftAlone: 'has asked to be left alone',
  stalled: 'answers are overdue',
  level: 'half of its answers would come past the audit guard',
  tail: 'more than one answer in a thousand comes past the audit guard',
} as const
