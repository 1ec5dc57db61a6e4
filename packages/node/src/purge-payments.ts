import type { ChannelClient } from '@rinha/channel'
import { askAll } from './ask-all.ts'
import type { Handler } from './http-call.ts'
import { coordinatorAway, type Problem } from './problem.ts'

/**
 * `POST /purge-payments`: forgets every payment, for the set-up of a test run. It needs no token: the coordinator
 * decides whether a purge is allowed, and says why not. The request's body is ignored. With several shards it is done when
 * all of them have purged; where one has not, others may have, and the purge can be repeated.
 */
export function purgePayments(channels: readonly ChannelClient[]): Handler {
  return call => {
    askAll(channels, 'purge', {}, answers => {
      const index = answers.findIndex(({ ok }) => !ok)
      const answer = answers[index]
      if (answer === undefined || answer.ok) return call.json('{"purged":true}')
      const { kind, reason } = answer.error
      const problem: Problem =
        kind === 'refused'
          ? { kind: 'forbidden', detail: reason }
          : coordinatorAway(reason, { index, count: channels.length })
      call.problem(channels.length === 1 ? problem : { ...problem, detail: problem.detail + othersMayHave })
    })
  }
}

const othersMayHave = ' Other shards may have purged their payments. A purge can be repeated.'
