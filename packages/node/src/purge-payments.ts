import type { ChannelClient } from '@rinha/channel'
import type { Handler } from './http-call.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `POST /purge-payments`: forgets every payment, for the set-up of a test run. It asks for no token, so it is served
 * only where a setting allows it. A body is not looked at.
 */
export function purgePayments(channel: ChannelClient, isAllowed: boolean): Handler {
  return call => {
    if (!isAllowed) return call.problem(notAllowed)
    channel.request('purge', {}, purged => {
      if (purged.ok) call.json('{"purged":true}')
      else call.problem(coordinatorAway(purged.error.reason))
    })
  }
}

const notAllowed = {
  kind: 'forbidden',
  detail: 'A purge forgets every payment and is off. Start this node with PURGE_ALLOWED=true to allow it.',
} as const
