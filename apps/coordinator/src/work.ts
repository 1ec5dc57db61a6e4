import { randomInt } from 'node:crypto'
import type { ChannelServer } from '@rinha/channel'
import { timers } from '@rinha/channel/tcp'
import {
  Coordinator,
  type CoordinatorPorts,
  missingMark,
  restoreSending,
  type SendingByName,
  takeoverOptions,
} from '@rinha/coordinator'
import { Engine, type EngineOptions, type QueueStatus } from '@rinha/engine'
import { Ledger } from '@rinha/ledger'
import { createProcessorClient, type HttpProcessorClient } from '@rinha/processor/http'
import type { Logger, RunningService } from '@rinha/service'
import { AuditFailure, type AuditLog } from './admin/audit-log.ts'
import { type AdminSources, adminHandlers, liveOf } from './admin/handlers.ts'
import { type Notice, Notices } from './admin/live/notices.ts'
import { Replays } from './admin/replay.ts'
import { type AdminServer, openAdmin } from './admin/server.ts'
import { engineOptions } from './engine-options.ts'
import type { LiveSettings } from './live-settings.ts'
import { CoordinatorMetrics } from './metrics/metrics.ts'
import { observed } from './metrics/observed.ts'
import type { OpenJournal } from './open-journal.ts'
import { createReconciler } from './reconciliation.ts'
import type { CoordinatorSettings } from './settings.ts'
import { ownShard, partOf } from './shards/shard-settings.ts'
import { time } from './time.ts'

/** An answer of a processor is read up to here; the longest that matters has about 200 bytes. */
const bodyBytesMax = 16 * 1024

export interface RunningCoordinator extends RunningService {
  readonly channelPort: number
  readonly adminPort: number
  /** What another shard's polls have said. A standby does not mind. */
  tell: Coordinator['tell']
}

/** The state that an earlier process has left: the journal, and an operator's changes. */
export interface Kept {
  readonly opened: OpenJournal | undefined
  readonly audit: AuditLog
  readonly live: LiveSettings
}

/** A {@link Coordinator} with its processors, between journal, channel and admin port. */
export interface Work {
  readonly coordinator: Coordinator
  /** Begins to work. `admin` is a port that is open already. */
  start(channel: ChannelServer, admin?: AdminServer): Promise<AdminServer>
  /** Settles what it can within `drainMsMax`, and reports what is left. */
  drain(drainMsMax: number): Promise<void>
  close(): Promise<unknown>
}

export function openWork(settings: CoordinatorSettings, log: Logger, { opened, audit, live }: Kept): Work {
  const clients = settings.PROCESSORS.map(({ name, origin }) => createClient(name, origin, settings))
  const metrics = new CoordinatorMetrics(settings.PROCESSORS)
  const wallMs = () => time().wallMs
  const notices = new Notices(wallMs)
  const ledger = opened?.ledger ?? emptyLedger(settings)
  const names = opened?.found.processors ?? settings.PROCESSORS.map(({ name }) => name)
  const books = createReconciler(settings, ledger, names, bodyBytesMax, log)
  const { reconciler, ledgerSource } = books
  const coordinator = new Coordinator(
    new Engine({
      ...engineOptions(live.now),
      ...kept(settings, audit, opened),
      ...takeoverOptions(opened?.term),
      ledger,
      startedAt: time(),
    }),
    coordinatorOptions(names, live.now, ledger),
    {
      processors: clients.map((client, index) => observed(client, metrics.attempts[index])),
      ...{ log: opened?.log, archive: opened?.archive, term: opened?.term, ledgerSource },
      onArchiveProblem: problem => writeArchiveProblem(log, problem),
      time,
      timers,
      onEvent: (...told) => writeNotice(log, notices.add(...told)),
      recordPurge: (...purge) => recordPurge(audit, ...purge),
      onSettled: (row, wallMs) => metrics.settles.observe(wallMs - ledger.acceptedAtMs(row)),
    },
  )
  return {
    coordinator,
    async start(channel, admin) {
      const given = {
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
      const sources = { ...given, metrics: metrics.serve({ ...given, shard: ownShard(settings) }) }
      const server = await serveAdmin(log, sources, admin)
      coordinator.start(channel)
      reconciler.start()
      return server
    },
    drain: drainMsMax => drain(coordinator, drainMsMax, opened !== undefined, log),
    close: () => Promise.all([opened?.close(), books.close(), ...clients.map(client => client.close())]),
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

function coordinatorOptions(names: readonly string[], settings: CoordinatorSettings, ledger: Ledger) {
  return {
    names,
    purgeAllowed: settings.PURGE_ALLOWED,
    timeLineCountMax: settings.TIMELINE_COUNT_MAX,
    queueWaitMsMax: settings.QUEUE_WAIT_MS_MAX,
    mark: missingMark(ledger, ownShard(settings)),
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
    callCountMax: partOf(settings.IN_FLIGHT_COUNT_MAX, settings),
    attemptTimeoutMs: settings.ATTEMPT_TIMEOUT_MS,
    healthTimeoutMs: settings.HEALTH_TIMEOUT_MS,
    connectTimeoutMs: settings.CONNECT_TIMEOUT_MS,
    bodyBytesMax,
  })
}

async function serveAdmin(
  log: Logger,
  given: Omit<AdminSources, 'putInForce' | 'keepFees'>,
  open: AdminServer | undefined,
): Promise<AdminServer> {
  const putInForce = (now: CoordinatorSettings) => {
    log.level = now.LOG_LEVEL
    given.coordinator.configure({ ...engineOptions(now), queueWaitMsMax: now.QUEUE_WAIT_MS_MAX })
  }
  const keepFees = feeKeeper(given)
  await keepFees().catch((error: Error) => log.error(error.message))
  const sources = { ...given, keepFees, putInForce }
  const live = liveOf(sources)
  const replays = new Replays(sources.settings)
  const handlers = adminHandlers(sources, live, replays)
  const server = open ?? (await openAdmin(sources.settings, handlers, log))
  if (open !== undefined) open.serve(handlers)
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
  drainMsMax: number,
  isKept: boolean,
  log: Logger,
): Promise<void> {
  const left = await new Promise<QueueStatus>(resolve => coordinator.stop(drainMsMax, resolve))
  reportLeft(left, isKept, log)
}

export function reportLeft({ queuedCount, inFlightCount }: QueueStatus, isKept: boolean, log: Logger): void {
  if (queuedCount + inFlightCount === 0) return
  const left = { queuedCount, inFlightCount }
  const words = 'stopped before everything was settled (DRAIN_MS_MAX)'
  if (isKept) log.info(left, `${words}; the next start goes on with these`)
  else log.error(left, `${words}; these are lost`)
}
