import { type AckLevel, ackLevels } from './ack-level.ts'
import type { HttpRequest } from './ports.ts'

/** Several `Prefer` lines are one list (RFC 9110 § 5.3). Lines are looked at only where there is one. */
export function preferOf(request: HttpRequest): string {
  const first = request.getHeader('prefer')
  if (first === '') return first
  const lines: string[] = []
  request.forEach((name, value) => {
    if (name === 'prefer') lines.push(value)
  })
  return lines.join(', ')
}

const ackPreference = /(?:^|,)\s*ack\s*=\s*(?:"([a-z]+)"|([a-z]+))\s*(?=[;,]|$)/i
const waitPreference = /(?:^|,)\s*wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*(?=[;,]|$)/i

/**
 * The level that a `Prefer` header asks for (RFC 7240: `Prefer: ack=queued`, among other preferences perhaps, the first
 * `ack` counts). `undefined` where it asks for none that exists: a preference that is not understood is to be ignored.
 */
export function readAckPreference(prefer: string): AckLevel | undefined {
  const match = ackPreference.exec(prefer)
  const word = (match?.[1] ?? match?.[2])?.toLowerCase()
  return ackLevels.find(level => level === word)
}

/** How many seconds its client would wait (RFC 7240 § 4.3), 0 where it does not say. */
export function readWaitPreference(prefer: string): number {
  const match = waitPreference.exec(prefer)
  return Number(match?.[1] ?? match?.[2] ?? 0)
}
