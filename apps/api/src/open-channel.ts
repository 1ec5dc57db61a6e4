import type { ChannelClient } from '@rinha/channel'
import { connectChannel } from '@rinha/channel/tcp'
import type { Logger } from '@rinha/service'
import type { ApiSettings } from './settings.ts'

/** With several coordinators, one that does not answer is given up soon: another one may lead. */
const handshakeTimeoutMsOfSeveral = 1000

function coordinatorsOf({ COORDINATORS, COORDINATOR_HOST, COORDINATOR_PORT }: ApiSettings) {
  if (COORDINATORS.length === 0) return { coordinators: [{ host: COORDINATOR_HOST, port: COORDINATOR_PORT }] }
  const isSeveral = COORDINATORS.length > 1
  return { coordinators: COORDINATORS, ...(isSeveral && { handshakeTimeoutMs: handshakeTimeoutMsOfSeveral }) }
}

/** The real channel: it connects at once, and again whenever the connection is lost. */
export function openChannel(settings: ApiSettings, log: Logger): ChannelClient {
  const options = {
    ...coordinatorsOf(settings),
    secret: settings.CHANNEL_SECRET,
    nodeName: settings.NODE_NAME,
    bufferCountMax: settings.BUFFER_COUNT_MAX,
    bufferAgeMsMax: settings.BUFFER_AGE_MS_MAX,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    requestCountMax: settings.REQUEST_COUNT_MAX,
    heartbeatMs: settings.HEARTBEAT_MS,
    reconnectMsMin: settings.RECONNECT_MS_MIN,
    reconnectMsMax: settings.RECONNECT_MS_MAX,
    onConnectedChange: (connected: boolean) => log.info({ connected }, 'channel to the coordinator'),
    onProblem: (problem: string) => log.warn({ problem }, 'channel to the coordinator'),
  }
  return connectChannel(options)
}
