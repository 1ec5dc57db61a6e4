import { randomInt } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ChannelServer } from '@rinha/channel'
import { listenChannel, timers } from '@rinha/channel/tcp'
import { Coordinator, type CoordinatorPorts, restoreSending, type SendingByName } from '@rinha/coordinator'
import { Engine, type EngineOptions, type QueueStatus } from '@rinha/engine'
import { Ledger } from '@rinha/ledger'
import { createProcessorClient, type HttpProcessorClient } from '@rinha/processor/http'
import { type Logger, type RunningService, SettingsProblem, StartProblem, whenAborted } from '@rinha/service'
import { Access } from './admin/access.ts'
import { openAuditFile } from './admin/audit-file.ts'
import { AuditFailure, AuditLog } from './admin/audit-log.ts'
import { type AdminSources, adminHandlers, liveOf } from './admin/handlers.ts'
import { type Notice, Notices } from './admin/live/notices.ts'
import { Replays } from './admin/replay.ts'
import { type AdminServer, startAdmin } from './admin/server.ts'
import { readTokens } from './admin/tokens.ts'
import { engineOptions } from './engine-options.ts'
import { LiveSettings, type Overrides } from './live-settings.ts'
import { CoordinatorMetrics } from './metrics/metrics.ts'
import { observed } from './metrics/observed.ts'
import { type OpenJournal, openJournal } from './open-journal.ts'
import { createReconciler } from './reconciliation.ts'
import { type CoordinatorSettings, settingsProblem } from './settings.ts'
import { time } from './time.ts'

/** An answer of a processor is read up to here; the longest that matters has about 200 bytes. */
const bodyBytesMax = 16 * 1024

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
  const { opened, audit, live } = await openKept(settings, log, stopAsked)
  const clients = settings.PROCESSORS.map(({ name, origin }) => createClient(name, origin, settings))
  const metrics = new CoordinatorMetrics(settings.PROCESSORS)
  const wallMs = () => time().wallMs
  const notices = new Notices(wallMs)
  const ledger = opened?.ledger ?? emptyLedger(settings)
  const names = opened?.found.processors ?? settings.PROCESSORS.map(({ name }) => name)
  const coordinator = new Coordinator(
    new Engine({ ...engineOptions(live.now), ...kept(settings, audit, opened), ledger, startedAt: time() }),
    coordinatorOptions(names, live.now),
    {
      processors: clients.map((client, index) => observed(client, metrics.attempts[index])),
      ...{ log: opened?.log, archive: opened?.archive },
      onArchiveProblem: problem => writeArchiveProblem(log, problem),
      time,
      timers,
      onEvent: (...told) => writeNotice(log, notices.add(...told)),
      recordPurge: (...purge) => recordPurge(audit, ...purge),
      onSettled: (row, wallMs) => metrics.settles.observe(wallMs - ledger.acceptedAtMs(row)),
    },
  )
  const { reconciler, close: closeBooks } = createReconciler(settings, ledger, names, bodyBytesMax)
  const closeRest = () =>
    Promise.all([opened?.close(), closeBooks(), ...clients.map(client => client.close())])
  try {
    const channel = await listen(settings, coordinator, log)
    const sources = {
      settings,
      live,
      coordinator,
      channel,
      journal: opened,
      audit,
      reconciler,
      notices,
      time,
    }
    const admin = await serveAdmin(log, { ...sources, metrics: metrics.serve(sources) }).catch(
      async error => {
        await channel.close()
        throw error
      },
    )
    coordinator.start(channel)
    reconciler.start()
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
        await drain(coordinator, settings, log)
        await Promise.all([admin.close(), closeRest()])
      },
    }
  } catch (error) {
    await closeRest()
    throw error
  }
}

function writeArchiveProblem(log: Logger, problem: string | undefined): void {
  if (problem === undefined) log.info('payments leave memory again: the archive is written')
  else log.error({ problem }, 'the archive cannot be written: payments that are old stay in memory')
}

/** One line for each event, with the number of events of its kind that were left out before it. */
function writeNotice(log: Logger, { level, message, event, suppressedCount }: Notice): void {
  log[level](suppressedCount === 0 ? event : { ...event, suppressedCount }, message)
}

/** The state that an earlier process has left: the journal, and an operator's changes. */
async function openKept(settings: CoordinatorSettings, log: Logger, stopAsked: AbortSignal | undefined) {
  const problem = settingsProblem(settings)
  if (problem !== undefined) throw new SettingsProblem(problem)
  const opened = await openJournal(settings, log)
  try {
    // Reading is synchronous. Messages that arrive meanwhile are handled in the turn after it.
    await nextTurn()
    if (stopAsked?.aborted) throw new StartProblem('stopped during the start')
    const audit = await openAudit(settings)
    return { opened, audit, live: liveSettings(settings, audit, log) }
  } catch (error) {
    await opened?.close()
    throw error
  }
}

/**
 * Applies an operator's changes from an earlier process. Changes that do not fit the settings of this start are logged and
 * ignored.
 */
function liveSettings(settings: CoordinatorSettings, audit: AuditLog, log: Logger): LiveSettings {
  const live = new LiveSettings(settings)
  const overrides = audit.latest('settings')?.after as Overrides | undefined
  const read = overrides && live.put(overrides)
  if (read?.ok === true) log.info({ overrides }, 'settings are those that a person has set')
  if (read?.ok === false)
    log.error(
      { overrides, problem: read.error },
      'changes of an operator do not fit the settings of this start, and are ignored',
    )
  log.level = live.now.LOG_LEVEL
  return live
}

/** What an operator allowed an earlier process to send to each processor. */
function kept(
  { PROCESSORS }: CoordinatorSettings,
  audit: AuditLog,
  opened: OpenJournal | undefined,
): Pick<EngineOptions, 'sending' | 'feePeriods' | 'archive'> {
  const names = PROCESSORS.map(({ name }) => name)
  return {
    sending: restoreSending(names, (audit.latest('sending')?.after ?? {}) as SendingByName),
    feePeriods: opened?.fees.found ?? [],
    archive: opened?.archive,
  }
}

function feeKeeper({
  journal,
  coordinator,
}: Pick<AdminSources, 'journal' | 'coordinator'>): () => Promise<void> {
  return async () => {
    try {
      await journal?.fees.write(coordinator.fees.all)
    } catch (error) {
      throw new AuditFailure(`The fees cannot be written: ${(error as Error).message}`)
    }
  }
}

function recordPurge(
  audit: AuditLog,
  ...[purge, done]: Parameters<NonNullable<CoordinatorPorts['recordPurge']>>
): void {
  audit.record({ ...purge, what: 'purge', after: { acceptedCount: 0 } }).then(
    () => done(),
    (error: AuditFailure) => done(error.message),
  )
}

/** The directory of the journal, to which only this process writes. */
async function openAudit({ JOURNAL_DIR }: CoordinatorSettings): Promise<AuditLog> {
  const file = JOURNAL_DIR === '' ? undefined : await openAuditFile(JOURNAL_DIR)
  return new AuditLog(file, () => time().wallMs)
}

function coordinatorOptions(names: readonly string[], settings: CoordinatorSettings) {
  return {
    names,
    purgeAllowed: settings.PURGE_ALLOWED,
    timeLineCountMax: settings.TIMELINE_COUNT_MAX,
    queueWaitMsMax: settings.QUEUE_WAIT_MS_MAX,
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
    callCountMax: settings.IN_FLIGHT_COUNT_MAX,
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

function accessOf({
  ADMIN_HOST,
  ADMIN_NAMES,
  ADMIN_TOKENS_FILE,
  ADMIN_READ_NETWORKS,
}: CoordinatorSettings): Access {
  return new Access({
    names: [ADMIN_HOST, ...ADMIN_NAMES.split(',')].filter(name => name !== ''),
    tokens: ADMIN_TOKENS_FILE === '' ? undefined : readTokens(ADMIN_TOKENS_FILE),
    readNetworks: ADMIN_READ_NETWORKS,
  })
}

async function serveAdmin(
  log: Logger,
  given: Omit<AdminSources, 'putInForce' | 'keepFees'>,
): Promise<AdminServer> {
  const putInForce = (now: CoordinatorSettings) => {
    log.level = now.LOG_LEVEL
    given.coordinator.configure({ ...engineOptions(now), queueWaitMsMax: now.QUEUE_WAIT_MS_MAX })
  }
  const keepFees = feeKeeper(given)
  await keepFees().catch((error: Error) => log.error(error.message))
  const sources = { ...given, keepFees, putInForce }
  const { ADMIN_HOST, ADMIN_PORT } = sources.settings
  const access = accessOf(sources.settings)
  const live = liveOf(sources)
  const replays = new Replays(sources.settings)
  const server = await startAdmin(ADMIN_HOST, ADMIN_PORT, access, adminHandlers(sources, live, replays), log)
  live.start()
  return {
    ...server,
    close: async () => {
      live.stop()
      await replays.close()
      await server.close()
    },
  }
}

/** Settles what it can, and reports what is left. */
async function drain(
  coordinator: Coordinator,
  { DRAIN_MS_MAX, JOURNAL_DIR }: CoordinatorSettings,
  log: Logger,
): Promise<void> {
  const { queuedCount, inFlightCount } = await new Promise<QueueStatus>(resolve =>
    coordinator.stop(DRAIN_MS_MAX, resolve),
  )
  const left = { queuedCount, inFlightCount }
  if (queuedCount + inFlightCount === 0) return
  const words = 'stopped before everything was settled (DRAIN_MS_MAX)'
  if (JOURNAL_DIR === '') log.error(left, `${words}; these are lost`)
  else log.info(left, `${words}; the next start goes on with these`)
}
