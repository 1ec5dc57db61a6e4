import { followHealth, healthChannel } from '@rinha/coordinator'
import type { World } from '../../world.ts'
import type { Following } from '../coordinator-lives.ts'
import { type ChannelTarget, NodeChannel } from '../node-channel.ts'
import type { RunningCoordinator } from '../running-coordinator.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'
import { processorNames } from '../watched-engine.ts'

interface FollowingContext {
  readonly world: World
  readonly trace: Trace
  readonly tally: Tally
  /** The shard that polls. */
  readonly polling: ChannelTarget
}

/** How network and logs call a coordinator of another shard that calls shard 0. */
export function followerName(shard: number, candidate: number): string {
  return `shard-${shard}.${candidate}`
}

/** One process of another shard learns from shard 0 what its polls have said. Its only request is `health`. */
export function beginFollowing(
  { process, coordinator }: RunningCoordinator,
  candidate: number,
  shard: number,
  context: FollowingContext,
): Following {
  const { trace, polling } = context
  const channel = new NodeChannel(-shard, {
    ...context,
    ...polling,
    name: followerName(shard, candidate),
    onOffered: () => trace.blame('protocol', 'a coordinator sends a payment to another one'),
    onWritten: () => {},
  })
  const end = channel.open(process, healthChannel)
  const names = processorNames.slice(0, polling.plan.processorCount)
  const unfollow = followHealth({ channel: end, timers: process.timers }, names, told =>
    coordinator.tell(told),
  )
  return {
    stop: () => {
      unfollow()
      end.close(0, () => {})
    },
    kill: () => {
      unfollow()
      channel.kill()
    },
  }
}
