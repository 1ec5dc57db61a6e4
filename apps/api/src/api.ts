import type { TemplatedApp } from 'uWebSockets.js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelClient } from '@rinha/channel'
import { timers } from '@rinha/channel/tcp'
import { ApiNode, type NodeOptions } from '@rinha/node'
import { type Logger, type RunningService, SettingsProblem, whenAborted } from '@rinha/service'
import { type Listener, listen } from './listen.ts'
import { loadUws, type Uws } from './load-uws.ts'
import { openChannels } from './open-channels.ts'
import { readKeys } from './read-keys.ts'
import { type ApiSettings, settingsProblem } from './settings.ts'

export interface RunningApi extends RunningService {
  /** The port listened on, also where PORT=0 let the system choose. */
  readonly port: number
  /** 0 where NODE_PORT is off. */
  readonly nodePort: number
}

/** How long clients with an open connection are listened to after a stop began: their next request may be on its way. */
const farewellMs = 200
/** How long open requests may take to be answered after that. With DRAIN_MS_MAX it stays below a service's 10 s. */
const answerMsMax = 1500

/**
 * Starts an API node: HTTP in front, the channel to the coordinator (to that of each shard) behind. It serves at once; until the channel is
 * connected payments are buffered and what needs the coordinator is answered 503.
 *
 * Throws a StartProblem for a port that is taken and for a machine the HTTP library does not load on.
 */
export async function startApi(
  settings: ApiSettings,
  log: Logger,
  open: (settings: ApiSettings, log: Logger) => readonly ChannelClient[] = openChannels,
): Promise<RunningApi> {
  const problem = settingsProblem(settings)
  if (problem !== undefined) throw new SettingsProblem(problem)
  const keyHolderOf = settings.API_KEYS_FILE === '' ? undefined : readKeys(settings.API_KEYS_FILE)
  // Metrics are loaded only if METRICS_PORT is set.
  const metrics = settings.METRICS_PORT === 0 ? undefined : new (await import('./metrics.ts')).ApiMetrics()
  const uws = await loadUws()
  const app = uws.App()
  const listeners = listenAll(uws, app, settings)
  const channels = open(settings, log)
  // In the same turn of the event loop as the listening: no connection is taken in between.
  const node = new ApiNode(
    {
      channels,
      timers,
      monotonicMs: () => performance.now(),
      ...(keyHolderOf && { keyHolderOf }),
      ...(metrics && { onAnswered: metrics.onAnswered }),
    },
    nodeOptions(settings),
  )
  const { openRequests } = node
  app.any('/*', node.serve)
  const metricsServer = await metrics
    ?.listen(settings.METRICS_HOST, settings.METRICS_PORT, { node, channels })
    .catch(error => {
      app.close()
      for (const channel of channels) channel.close(0, () => {})
      throw error
    })
  const [port = 0, nodePort = 0] = listeners.map(listener => listener.port)
  return {
    port,
    nodePort,
    addresses: {
      http: `http://localhost:${port}`,
      ...(nodePort === 0 ? {} : { node: `http://localhost:${nodePort}` }),
    },
    /**
     * No new connections; then a while in which every answer closes its connection, so that clients which keep theirs
     * open learn of the stop from an answer; then the buffered payments go out.
     */
    async stop(hurried?: AbortSignal) {
      const hurry = whenAborted(hurried)
      for (const listener of listeners) listener.close()
      node.drain()
      await Promise.race([sleep(farewellMs), hurry])
      const idle = new Promise<true>(resolve => openRequests.whenIdle(() => resolve(true)))
      const isIdle = await Promise.race([idle, sleep(answerMsMax, false, { ref: false }), hurry])
      if (isIdle !== true)
        log.warn({ openCount: openRequests.count, answerMsMax }, 'requests left without an answer')
      metricsServer?.close()
      app.close()
      const drained = channels.map(
        channel => new Promise<void>(resolve => channel.close(settings.DRAIN_MS_MAX, resolve)),
      )
      await Promise.race([Promise.all(drained), hurry])
      const lostCount = channels.reduce((sum, { unacknowledgedCount }) => sum + unacknowledgedCount, 0)
      if (lostCount > 0)
        log.error({ lostCount }, 'payments lost: the coordinator did not take them (DRAIN_MS_MAX)')
    },
  }
}

function listenAll(
  uws: Uws,
  app: TemplatedApp,
  { HTTP_HOST: host, PORT, NODE_PORT }: ApiSettings,
): readonly Listener[] {
  try {
    const listeners = [listen(uws, app, 'PORT', { host, port: PORT })]
    if (NODE_PORT !== 0) listeners.push(listen(uws, app, 'NODE_PORT', { host, port: NODE_PORT }))
    return listeners
  } catch (error) {
    app.close()
    throw error
  }
}

function nodeOptions(settings: ApiSettings): NodeOptions {
  return {
    nodeName: settings.NODE_NAME,
    bodyBytesMax: settings.BODY_BYTES_MAX,
    bodyMsMax: settings.BODY_MS_MAX,
    ackLevel: settings.ACK_LEVEL,
    ackLevelMin: settings.ACK_LEVEL_MIN,
    ackWaitMsMax: settings.ACK_WAIT_MS_MAX,
    waitSecondsMax: settings.WAIT_SECONDS_MAX,
    waitCountMax: settings.WAIT_COUNT_MAX,
  }
}
