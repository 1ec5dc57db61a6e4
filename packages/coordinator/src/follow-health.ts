import type { Cancel, Timers } from '@rinha/base'
import type { ChannelClient } from '@rinha/channel'
import type { EngineEvent } from '@rinha/engine'

const everyMs = 1000

interface Ports {
  /** To the coordinator that polls. */
  readonly channel: Pick<ChannelClient, 'request'>
  readonly timers: Pick<Timers, 'every'>
}

/**
 * Tells coordinators that do not poll what the one that does knows of processors, once a second. Where it does not answer they are told
 * that nothing is known. `names` are the processors in the order of the engines' lanes.
 */
export function followHealth(
  { channel, timers }: Ports,
  names: readonly string[],
  tell: (event: Extract<EngineEvent, { kind: 'healthTold' }>) => void,
): Cancel {
  return timers.every(everyMs, () => {
    channel.request('health', {}, answer => {
      const told = answer.ok ? answer.value : []
      const reports = names.map(name => told.find(({ processor }) => processor === name))
      tell({ kind: 'healthTold', reports })
    })
  })
}
