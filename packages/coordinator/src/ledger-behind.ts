import { type Cancel, err } from '@rinha/base'
import type { ChannelClient, ChannelRequestKind, ChannelRequests } from '@rinha/channel'
import type { LedgerAnswer, LedgerSource } from '@rinha/payment'

type Channel = Pick<ChannelClient, 'request'>

/** The ledger of the coordinator at the other end. */
export function ledgerBehind(channel: Channel): LedgerSource {
  return {
    span: (params, answer) => void ask(channel, 'ledgerSpan', params, answer),
    sum: (params, answer) => void ask(channel, 'ledgerSum', params, answer),
    ids: (params, answer) => void ask(channel, 'ledgerIds', params, answer),
  }
}

function ask<Kind extends ChannelRequestKind>(
  channel: Channel,
  kind: Kind,
  params: ChannelRequests[Kind]['params'],
  answer: LedgerAnswer<ChannelRequests[Kind]['result']>,
): Cancel {
  return channel.request(kind, params, told => answer(told.ok ? told : err(told.error.reason)))
}
