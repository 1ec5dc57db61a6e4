import { ledgerBehind, ledgerChannel } from '@rinha/coordinator'
import type { LedgerSource } from '@rinha/payment'
import type { World } from '../../world.ts'
import type { Following } from '../coordinator-lives.ts'
import { type ChannelTarget, NodeChannel } from '../node-channel.ts'
import type { Process } from '../process.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'

interface AskingContext {
  readonly world: World
  readonly trace: Trace
  readonly tally: Tally
}

/** How network and logs call a coordinator of shard 0 that calls another shard. */
export const askerName = 'shard-0'

/** What a process of shard 0 has of the other shards. */
export interface Asking extends Following {
  /** Their ledgers, in their order. */
  readonly ledgers: readonly LedgerSource[]
}

/** A process of shard 0 begins, and connects to the other shards, whose ledgers it compares with the processors' books. */
export function beginAsking(
  process: Process,
  others: readonly ChannelTarget[],
  context: AskingContext,
): Asking {
  const { trace } = context
  const channels = others.map(other => {
    const channel = new NodeChannel(-other.plan.shard.index, {
      ...context,
      ...other,
      name: askerName,
      onOffered: () => trace.blame('protocol', 'a coordinator sends a payment to another one'),
      onWritten: () => {},
    })
    return { channel, end: channel.open(process, ledgerChannel) }
  })
  return {
    ledgers: channels.map(({ end }) => ledgerBehind(end)),
    stop: () => {
      for (const { end } of channels) end.close(0, () => {})
    },
    kill: () => {
      for (const { channel } of channels) channel.kill()
    },
  }
}
