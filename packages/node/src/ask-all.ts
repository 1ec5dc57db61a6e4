import type { ChannelAnswer, ChannelClient, ChannelRequestKind, ChannelRequests } from '@rinha/channel'

/** Asks every shard at once. `done` gets their answers, in the order of the shards, when the last one has come. */
export function askAll<Kind extends ChannelRequestKind>(
  channels: readonly ChannelClient[],
  kind: Kind,
  params: ChannelRequests[Kind]['params'],
  done: (answers: readonly ChannelAnswer<Kind>[]) => void,
): void {
  const answers: ChannelAnswer<Kind>[] = []
  let leftCount = channels.length
  for (const [index, channel] of channels.entries())
    channel.request(kind, params, answer => {
      answers[index] = answer
      leftCount -= 1
      if (leftCount === 0) done(answers)
    })
}
