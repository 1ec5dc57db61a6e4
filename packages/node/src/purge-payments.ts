import type { ChannelClient } from '@rinha/channel'
import type { Handler } from './http-call.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `POST /purge-payments`: forgets every payment, for the set-up of a test run. It asks for no token; whether it is done is
 * the coordinator's to decide, which says why not. A body is not looked at.
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
