import { randomInt } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ChannelServer } from '@rinha/channel'
import { listenChannel, timers } from '@rinha/channel/tcp'
import { Coordinator, type CoordinatorPorts, operatorLine } from '@rinha/coordinator'
import { Engine, type QueueStatus } from '@rinha/engine'
import { Ledger } from '@rinha/ledger'
import { createProcessorClient, type HttpProcessorClient } from '@rinha/processor/http'
import { type Logger, type RunningService, StartProblem, whenAborted } from '@rinha/service'
import { adminHandlers } from './admin/handlers.ts'
import { type AdminServer, startAdmin } from './admin/server.ts'
import { engineOptions } from './engine-options.ts'
import { CoordinatorMetrics } from './metrics/metrics.ts'
import { observed } from './metrics/observed.ts'
import { openJournal } from './open-journal.ts'
import { type CoordinatorSettings, settingsProblem } from './settings.ts'
import { time } from './time.ts'

/** An answer of a processor is read up to here; the longest that matters has about 200 bytes. */
const bodyBytesMax = 16 * 1024
const handshakeTimeoutMs = 5000

export interface RunningCoordinator extends RunningService {
  readonly channelPort: number
  readonly adminPort: number
}

/** Opens journal, channel, processors and admin port, and lets a {@link Coordinator} work between them. */
export async function startCoordinator(
  settings: CoordinatorSettings,
  log: Logger,
  stopAsked?: AbortSignal,
): Promise<RunningCoordinator> {
  const problem = settingsProblem(settings)
  if (problem !== undefined) throw new StartProblem(problem)
  const opened = await openJournal(settings, log)
  // Reading is synchronous: what was said meanwhile is heard in the turn after it.
  await nextTurn()
  if (stopAsked?.aborted) {
    await opened?.close()
    throw new StartProblem('stopped during the start')
  }
  const clients = settings.PROCESSORS.map(({ name, origin }) => createClient(name, origin, settings))
  const metrics = new CoordinatorMetrics(settings.PROCESSORS)
  const ledger = opened?.ledger ?? emptyLedger(settings)
  const coordinator = new Coordinator(
    new Engine({ ...engineOptions(settings), ledger, startedAt: time() }),
    {
      names: opened?.found.processors ?? settings.PROCESSORS.map(({ name }) => name),
      purgeAllowed: settings.PURGE_ALLOWED,
    },
    {
      processors: clients.map((client, index) => observed(client, metrics.attempts[index])),
      log: opened?.log,
      time,
      timers,
      onEvent: eventWriter(log),
      onSettled: (row, wallMs) => metrics.settles.observe(wallMs - ledger.acceptedAtMs(row)),
    },
  )
  const closeRest = () => Promise.all([opened?.close(), ...clients.map(client => client.close())])
  try {
    const channel = await listen(settings, coordinator, log)
    const handlers = adminHandlers({
      settings,
      coordinator,
      channel,
      journal: opened,
      metrics: metrics.serve({ coordinator, channel, journal: opened }),
    })
    const admin = await serveAdmin(settings, handlers, log).catch(async error => {
      await channel.close()
      throw error
    })
    coordinator.start(channel)
    return {
      channelPort: channel.port,
      adminPort: admin.port,
      addresses: {
        channel: `tcp://${settings.CHANNEL_HOST}:${channel.port}`,
        admin: `http://${settings.ADMIN_HOST}:${admin.port}`,
      },
      ...(opened && { failed: opened.lost }),
      stop: async hurried => {
        const hurry = whenAborted(hurried).then(() => coordinator.hurry())
        await Promise.race([channel.close(), hurry])
        const left = await new Promise<QueueStatus>(resolve =>
          coordinator.stop(settings.DRAIN_MS_MAX, resolve),
        )
        sayLeft(left, settings, log)
        await Promise.all([admin.close(), closeRest()])
      },
    }
  } catch (error) {
    await closeRest()
    throw error
  }
}

/** One line for each event, with how many of its kind were left out before it. */
function eventWriter(log: Logger): NonNullable<CoordinatorPorts['onEvent']> {
  return (event, suppressedCount) => {
    const { level, message } = operatorLine(event)
    log[level](suppressedCount === 0 ? event : { ...event, suppressedCount }, message)
  }
}

function emptyLedger({ PROCESSORS, PAYMENT_COUNT_MAX }: CoordinatorSettings): Ledger {
  return new Ledger({
    processorCount: PROCESSORS.length,
    paymentCountMax: PAYMENT_COUNT_MAX,
    hashSeed: randomInt(2 ** 31),
  })
}

function createClient(name: string, origin: string, settings: CoordinatorSettings): HttpProcessorClient {
  return createProcessorClient({
    name,
    origin,
    connectionCountMax: settings.IN_FLIGHT_COUNT_MAX,
    attemptTimeoutMs: settings.ATTEMPT_TIMEOUT_MS,
    healthTimeoutMs: settings.HEALTH_TIMEOUT_MS,
    connectTimeoutMs: settings.CONNECT_TIMEOUT_MS,
    bodyBytesMax,
  })
}

async function listen(
  settings: CoordinatorSettings,
  coordinator: Coordinator,
  log: Logger,
): Promise<ChannelServer> {
  const options = {
    host: settings.CHANNEL_HOST,
    port: settings.CHANNEL_PORT,
    secret: settings.CHANNEL_SECRET,
    windowCountMax: settings.WINDOW_COUNT_MAX,
    nodeCountMax: settings.NODE_COUNT_MAX,
    heartbeatMs: settings.HEARTBEAT_MS,
    handshakeTimeoutMs,
    onNodeChange: (nodes: readonly string[]) => coordinator.onNodeChange(nodes),
    onProblem: (line: string) => log.warn(line),
  }
  try {
    return await listenChannel(options, coordinator)
  } catch (error) {
    const { CHANNEL_HOST, CHANNEL_PORT } = settings
    throw new StartProblem(
      `cannot serve on CHANNEL_HOST=${CHANNEL_HOST} CHANNEL_PORT=${CHANNEL_PORT}: ${(error as Error).message}`,
    )
  }
}

function serveAdmin(
  { ADMIN_HOST, ADMIN_PORT }: CoordinatorSettings,
  handlers: ReturnType<typeof adminHandlers>,
  log: Logger,
): Promise<AdminServer> {
  return startAdmin(ADMIN_HOST, ADMIN_PORT, handlers, error =>
    log.error({ error }, 'a bug at the admin port'),
  )
}

function sayLeft(
  { queuedCount, inFlightCount }: QueueStatus,
  { JOURNAL_DIR }: CoordinatorSettings,
  log: Logger,
): void {
  const left = { queuedCount, inFlightCount }
  if (queuedCount + inFlightCount === 0) return
  const words = 'stopped before everything was settled (DRAIN_MS_MAX)'
  if (JOURNAL_DIR === '') log.error(left, `${words}; these are lost`)
  else log.info(left, `${words}; the next start goes on with these`)
}
