import { followHealth } from '@rinha/coordinator'
import type { World } from '../../world.ts'
import type { Following } from '../coordinator-lives.ts'
import { type ChannelTarget, NodeChannel } from '../node-channel.ts'
import type { RunningCoordinator } from '../running-coordinator.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'
import { processorNames } from '../watched-engine.ts'

interface FollowerContext {
  readonly world: World
  readonly trace: Trace
  readonly tally: Tally
  /** The shard that polls. */
  readonly polling: ChannelTarget
}

/** As `apps/coordinator` sets them for the channel on which a shard asks for health. */
const options = {
  bufferCountMax: 1,
  bufferAgeMsMax: 1000,
  requestTimeoutMs: 1000,
  requestCountMax: 2,
  handshakeTimeoutMs: 1000,
  reconnectMsMin: 50,
  reconnectMsMax: 1000,
}

/** How network and logs call the channel of a shard to shard 0. */
export function followerName(shard: number): string {
  return `shard-${shard}`
}

/** The channel on which the coordinators of a shard, one after the other, learn from shard 0 what its polls have said. */
export class Follower {
  readonly #channel: NodeChannel
  readonly #context: FollowerContext

  constructor(shard: number, context: FollowerContext) {
    this.#context = context
    const { trace } = context
    this.#channel = new NodeChannel(-shard, {
      ...context,
      ...context.polling,
      name: followerName(shard),
      onOffered: () => trace.blame('protocol', 'a coordinator sends a payment to another one'),
      onWritten: () => {},
    })
  }

  begin({ process, coordinator }: RunningCoordinator): Following {
    const { processorCount } = this.#context.polling.plan
    const channel = this.#channel.open(process, options)
    const names = processorNames.slice(0, processorCount)
    const unfollow = followHealth({ channel, timers: process.timers }, names, told => coordinator.tell(told))
    return {
      stop: () => {
        unfollow()
        channel.close(0, () => {})
      },
      kill: () => {
        unfollow()
        this.#channel.kill()
      },
    }
  }
}
