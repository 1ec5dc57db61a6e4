import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { ProblemAnswer } from '@rinha/openapi'

/**
 * Why a request is not heard, whatever it asks: a page of another origin is told by its Origin, and a name that somebody
 * made to point here (DNS rebinding) by the Host that the request comes with.
 */
export function refusalOf({ headers }: IncomingMessage, adminHost: string): ProblemAnswer | undefined {
  const { origin, host = '' } = headers
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host))
    return { problem: 'forbidden', detail: 'Not from a page of another origin.' }
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  const isOurs = name === adminHost || name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) > 0
  // A name without a dot is of the network it is used in (a container's), not of a stranger.
  if (!isOurs && (name === '' || name.includes('.')))
    return { problem: 'forbidden', detail: 'Not under this name: use an address, localhost or ADMIN_HOST.' }
  return undefined
}
