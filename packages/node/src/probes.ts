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

/** `GET /ready`: the coordinator has welcomed this node, so every endpoint works. For a load balancer's check. */
export function getReady(nodeName: string, channel: ChannelClient): Handler {
  const body = JSON.stringify({ status: 'ready', node: nodeName })
  return call => {
    if (channel.connected) call.json(body)
    else call.problem(coordinatorAway('This node is not connected to the coordinator.'))
  }
}
