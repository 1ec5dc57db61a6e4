import type { QueueStatus } from '@rinha/engine'

/** Why payments wait, in words: what is wrong with each processor that takes none now. */
export function waitingReason({ processors }: Pick<QueueStatus, 'processors'>): string {
  const wrong = processors.filter(lane => !lane.usable)
  if (wrong.length === 0) return 'every processor is usable, and none has room for more'
  return wrong.map(lane => `${lane.name}: ${wrongWith(lane)}`).join('; ')
}

function wrongWith({ name, circuit, wayStatus, lastFailure }: QueueStatus['processors'][number]): string {
  if (wayStatus !== null) return `answers ${wayStatus}`
  if (circuit === 'closed') return 'slow, or asked to be left alone'
  // An answer's reason may begin with the name.
  return (lastFailure ?? 'down').replace(`${name}: `, '')
}
