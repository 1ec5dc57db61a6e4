import type { ChannelClient } from '@rinha/channel'
import type { Handler } from './http-call.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `POST /purge-payments`: forgets every payment, for the set-up of a test run. It needs no token: the coordinator
 * decides whether a purge is allowed, and says why not. The request's body is ignored.
 */
export function purgePayments(channel: ChannelClient): Handler {
  return call => {
    channel.request('purge', {}, purged => {
      if (purged.ok) call.json('{"purged":true}')
      else if (purged.error.kind === 'refused')
        call.problem({ kind: 'forbidden', detail: purged.error.reason })
      else call.problem(coordinatorAway(purged.error.reason))
    })
  }
}
