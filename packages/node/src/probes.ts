import type { ChannelClient } from '@rinha/channel'
import type { Handler } from './http-call.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `GET /health`: the process lives. It does not depend on the coordinator, because restarting this node would not bring
 * the coordinator back.
 */
export function getHealth(nodeName: string): Handler {
  const body = JSON.stringify({ status: 'ok', node: nodeName })
  return call => call.json(body)
}

/**
 * `GET /ready`: the coordinator has welcomed this node, so every endpoint works. For a load balancer's check. With several shards
 * one of them is enough: a load balancer that took out every node for one shard would hold up the payments of all. The
 * answer then says which are connected.
 */
export function getReady(nodeName: string, channels: readonly ChannelClient[]): Handler {
  const ready = { status: 'ready', node: nodeName }
  return call => {
    if (!channels.some(({ connected }) => connected)) return call.problem(notConnected)
    const shards = channels.map(({ connected }, shard) => ({ shard, connected }))
    call.json(JSON.stringify(channels.length === 1 ? ready : { ...ready, shards }))
  }
}

const notConnected = coordinatorAway('This node is not connected to the coordinator.')
