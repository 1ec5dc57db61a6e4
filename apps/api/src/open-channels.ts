import type { ChannelClient, HostAndPort } from '@rinha/channel'
import { connectChannel } from '@rinha/channel/tcp'
import { onlyShard, type Shard } from '@rinha/payment'
import type { Logger } from '@rinha/service'
import type { ApiSettings } from './settings.ts'

/** With several coordinators, one that does not answer is given up soon: another one may lead. */
const handshakeTimeoutMsOfSeveral = 1000

/** The real channels, one for each shard: each connects at once, and again whenever the connection is lost. */
export function openChannels(settings: ApiSettings, log: Logger): readonly ChannelClient[] {
  const { SHARDS: count, COORDINATORS, COORDINATOR_HOST, COORDINATOR_PORT } = settings
  if (COORDINATORS.length === 0)
    return [open(settings, log, onlyShard, [{ host: COORDINATOR_HOST, port: COORDINATOR_PORT }])]
  return COORDINATORS.map((candidates, index) => open(settings, log, { index, count }, candidates))
}

function open(
  settings: ApiSettings,
  log: Logger,
  shard: Shard,
  coordinators: readonly HostAndPort[],
): ChannelClient {
  const logged = shard.count > 1 ? { shard: shard.index } : {}
  return connectChannel({
    coordinators,
    shard,
    ...(coordinators.length > 1 && { handshakeTimeoutMs: handshakeTimeoutMsOfSeveral }),
    secret: settings.CHANNEL_SECRET,
    nodeName: settings.NODE_NAME,
    bufferCountMax: Math.floor(settings.BUFFER_COUNT_MAX / shard.count),
    bufferAgeMsMax: settings.BUFFER_AGE_MS_MAX,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    requestCountMax: settings.REQUEST_COUNT_MAX,
    heartbeatMs: settings.HEARTBEAT_MS,
    reconnectMsMin: settings.RECONNECT_MS_MIN,
    reconnectMsMax: settings.RECONNECT_MS_MAX,
    onConnectedChange: (connected: boolean) =>
      log.info({ connected, ...logged }, 'channel to the coordinator'),
    onProblem: (problem: string) => log.warn({ problem, ...logged }, 'channel to the coordinator'),
  })
}
