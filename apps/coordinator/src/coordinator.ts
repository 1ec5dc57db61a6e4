import { randomInt } from 'node:crypto'
import type { ChannelServer } from '@rinha/channel'
import { listenChannel } from '@rinha/channel/tcp'
import { Engine } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import type { ProcessorClient } from '@rinha/processor'
import { createProcessorClient } from '@rinha/processor/http'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { type Logger, type RunningService, StartProblem } from '@rinha/service'
import { startAdmin } from './admin.ts'
import { channelHandlers } from './channel-handlers.ts'
import { Driver } from './driver.ts'
import { type OpenJournal, openJournal } from './open-journal.ts'
import { type CoordinatorSettings, settingsProblem } from './settings.ts'

/** An answer of a processor is read up to here; the longest that matters has about 200 bytes. */
const bodyBytesMax = 16 * 1024
const handshakeTimeoutMs = 5000
/** How often a stopping coordinator looks whether everything is settled. */
const drainTickMs = 20
/** How often it looks whether a snapshot is worth its bytes. */
const snapshotLookMs = 1000

export interface RunningCoordinator extends RunningService {
  readonly channelPort: number
  readonly adminPort: number
}

/** Wires engine, processors, channel and admin port together. */
export async function startCoordinator(
  settings: CoordinatorSettings,
  log: Logger,
): Promise<RunningCoordinator> {
  const problem = settingsProblem(settings)
  if (problem !== undefined) throw new StartProblem(problem)
  let channel: ChannelServer | undefined
  const opened = await openJournal(settings, log, () => channel?.refreshWindows())
  try {
    return await serve(settings, log, opened, started => {
      channel = started
    })
  } catch (error) {
    await opened?.close()
    throw error
  }
}

async function serve(
  settings: CoordinatorSettings,
  log: Logger,
  opened: OpenJournal | undefined,
  onChannel: (channel: ChannelServer) => void,
): Promise<RunningCoordinator> {
  const journal = opened?.journal
  const engine = createEngine(settings, opened)
  const clients = settings.PROCESSORS.map(processor =>
    createClient(processor.name, processor.origin, settings),
  )
  const driver = new Driver(engine, clients, journal)
  const channel = await listen(settings, engine, driver, journal, log)
  onChannel(channel)
  const admin = await startAdmin(settings.ADMIN_HOST, settings.ADMIN_PORT, {
    '/health': () => {
      const failure = journal?.failure
      return {
        status: failure ? 'the journal fails' : 'ok',
        ...(failure && { journal: failure }),
        nodes: channel.nodes,
      }
    },
    '/queue-status': () => ({
      ...engine.queueStatus(driver.nowMs()),
      policy: settings.POLICY,
      nodes: channel.nodes,
      journal: journal?.status ?? null,
    }),
  }).catch(async error => {
    await channel.close()
    throw error
  })
  driver.tell({ kind: 'tick' })
  const snapshots = setInterval(() => {
    if (journal?.snapshotDue) journal.snapshot(engine.image())
  }, snapshotLookMs)
  return {
    channelPort: channel.port,
    adminPort: admin.port,
    addresses: {
      channel: `tcp://${settings.CHANNEL_HOST}:${channel.port}`,
      admin: `http://${settings.ADMIN_HOST}:${admin.port}`,
    },
    stop: async () => {
      await channel.close()
      await drain(engine, driver, settings, log)
      clearInterval(snapshots)
      driver.stop()
      await Promise.all([admin.close(), opened?.close(), ...clients.map(client => client.close())])
    },
  }
}

function createEngine(settings: CoordinatorSettings, opened: OpenJournal | undefined): Engine {
  return new Engine({
    ...(opened && { journal: opened.journal, recovered: opened.recovered }),
    policy: createPolicy(settings.POLICY, {
      outageMsPerPercent: settings.HOLD_OUTAGE_MS_PER_PERCENT,
      slownessMsPerPercent: settings.HOLD_SLOWNESS_MS_PER_PERCENT,
      graceMs: settings.GRACE_MS,
      outageRiskPercent: settings.OUTAGE_RISK_PERCENT,
      slowRiskPercent: settings.SLOW_RISK_PERCENT,
    }),
    pace: {
      ...paceDefaults,
      perSecondMax: settings.DRAIN_PER_SECOND_MAX,
      perSecondMaxAtEnd: settings.DRAIN_PER_SECOND_AT_END,
    },
    paymentCountMax: settings.PAYMENT_COUNT_MAX,
    hashSeed: randomInt(2 ** 31),
    lanes: settings.PROCESSORS.map(({ name, feeBps, fastMsMax }) => ({
      name,
      feeBps,
      fastMsMax,
      auditGuardMs: settings.AUDIT_GUARD_MS,
      healthPollMs: settings.HEALTH_POLL_MS,
      limiter: { countInitial: settings.IN_FLIGHT_COUNT_INITIAL, countMax: settings.IN_FLIGHT_COUNT_MAX },
      circuit: {
        failuresToOpen: settings.FAILURES_TO_OPEN,
        canaryIntervalMsMin: settings.CANARY_MS_MIN,
        canaryIntervalMsMax: settings.CANARY_MS_MAX,
      },
    })),
  })
}

function createClient(name: string, origin: string, settings: CoordinatorSettings): ProcessorClient {
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
  engine: Engine,
  driver: Driver,
  journal: Journal | undefined,
  log: Logger,
): Promise<ChannelServer> {
  const names = settings.PROCESSORS.map(processor => processor.name)
  const options = {
    host: settings.CHANNEL_HOST,
    port: settings.CHANNEL_PORT,
    secret: settings.CHANNEL_SECRET,
    windowCountMax: settings.WINDOW_COUNT_MAX,
    nodeCountMax: settings.NODE_COUNT_MAX,
    heartbeatMs: settings.HEARTBEAT_MS,
    handshakeTimeoutMs,
    onNodeChange: (nodes: readonly string[]) => log.info({ nodes }, 'nodes changed'),
    onProblem: (line: string) => log.warn(line),
  }
  try {
    const server: ChannelServer = await listenChannel(
      options,
      channelHandlers(engine, driver, names, journal, () => server.refreshWindows()),
    )
    return server
  } catch (error) {
    const { CHANNEL_HOST, CHANNEL_PORT } = settings
    throw new StartProblem(
      `cannot serve on CHANNEL_HOST=${CHANNEL_HOST} CHANNEL_PORT=${CHANNEL_PORT}: ${(error as Error).message}`,
    )
  }
}

/** Goes on settling until nothing is queued or in flight, at most DRAIN_MS_MAX, and says what was left. */
async function drain(
  engine: Engine,
  driver: Driver,
  { DRAIN_MS_MAX, JOURNAL_DIR }: CoordinatorSettings,
  log: Logger,
): Promise<void> {
  const untilMs = driver.nowMs() + DRAIN_MS_MAX
  for (;;) {
    const { queuedCount, inFlightCount } = engine.queueStatus(driver.nowMs())
    if (queuedCount + inFlightCount === 0) return
    if (driver.nowMs() >= untilMs) {
      const left = { queuedCount, inFlightCount }
      if (JOURNAL_DIR === '')
        log.error(left, 'stopped before everything was settled (DRAIN_MS_MAX); these are lost')
      else
        log.info(
          left,
          'stopped before everything was settled (DRAIN_MS_MAX); the next start goes on with these',
        )
      return
    }
    await new Promise(resolve => setTimeout(resolve, drainTickMs))
  }
}
