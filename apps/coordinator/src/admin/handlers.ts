import {
  adminDocument,
  type adminOperations,
  type healthOperations,
  type queueOperations,
} from '@rinha/admin-api'
import type { Time } from '@rinha/base'
import type { ChannelServer } from '@rinha/channel'
import { attentionQueuedCountMax, type Coordinator, type CoordinatorStatus } from '@rinha/coordinator'
import type { Attention } from '@rinha/engine'
import type { Handlers } from '@rinha/openapi'
import { problemPage } from '@rinha/openapi/problems'
import type { Reconciler } from '@rinha/reconcile'
import type { LiveSettings } from '../live-settings.ts'
import type { OpenJournal } from '../open-journal.ts'
import type { CoordinatorSettings } from '../settings.ts'
import { adminPortsOf, ownShard } from '../shards/shard-settings.ts'
import { attentionHandlers } from './attention.ts'
import { auditHandlers } from './audit.ts'
import type { AuditLog } from './audit-log.ts'
import { decisionHandlers, decisionsSince } from './decisions.ts'
import { healthAnswer, readyAnswer } from './health.ts'
import { listHandlers } from './lists.ts'
import { Live } from './live/live.ts'
import type { Notices } from './live/notices.ts'
import { pageHandlers } from './page.ts'
import { paymentHandlers } from './payments.ts'
import { processorHandlers } from './processors.ts'
import { reconciliationHandlers } from './reconciliation.ts'
import type { Replays } from './replay.ts'
import { sendingHandlers } from './sending.ts'
import { settingHandlers } from './settings.ts'
import { upkeepHandlers } from './upkeep.ts'

/** The parts that the admin port shows and changes. */
export interface AdminSources {
  /** The settings of the start. */
  readonly settings: CoordinatorSettings
  /** The settings in force now. */
  readonly live: LiveSettings
  /**
   * Writes to the journal's directory which fees were in force at what time. Without a journal it does nothing. Rejects
   * with an AuditFailure if writing fails.
   */
  readonly keepFees: () => Promise<void>
  /** Applies changed settings to the running parts. */
  readonly putInForce: (settings: CoordinatorSettings) => void
  readonly coordinator: Coordinator
  readonly channel: ChannelServer
  readonly journal: OpenJournal | undefined
  readonly audit: AuditLog
  readonly reconciler: Reconciler
  readonly notices: Notices
  readonly time: () => Time
  /** Prints the metrics. */
  readonly metrics: () => Promise<string>
}

/** A handler for each operation of the document: one that is missing is a type error. */
export function adminHandlers(
  sources: AdminSources,
  live: Live,
  replays: Replays,
): Handlers<typeof adminOperations> {
  return {
    ...queueHandlers(sources),
    ...processorHandlers(sources),
    ...decisionHandlers(sources),
    ...paymentHandlers(sources),
    ...listHandlers(sources),
    ...attentionHandlers(sources),
    ...sendingHandlers(sources),
    ...settingHandlers(sources),
    ...upkeepHandlers(sources),
    ...auditHandlers(sources.audit),
    ...reconciliationHandlers(sources),
    ...healthHandlers(sources),
    ...live.handlers,
    ...replays.handlers,
    ...pageHandlers,
  }
}

/** The page's live events. */
export function liveOf(sources: AdminSources): Live {
  const { settings, coordinator, notices, audit, time } = sources
  return new Live({
    processors: settings.PROCESSORS.map(({ name }) => name),
    historyCountMax: settings.HISTORY_SECONDS,
    sources: [
      { name: 'notice', since: seq => notices.since(seq) },
      { name: 'decision', since: seq => decisionsSince(coordinator, seq) },
      { name: 'change', since: seq => audit.since(seq) },
    ],
    status: () => coordinator.status(),
    bodyOf: status => queueStatusOf(sources, status, coordinator.attention(attentionQueuedCountMax)),
    time,
  })
}

function queueHandlers(sources: AdminSources): Handlers<typeof queueOperations> {
  const { coordinator } = sources
  return {
    getQueueStatus: () => ({
      status: 200,
      body: queueStatusOf(sources, coordinator.status(), coordinator.attention()),
    }),
  }
}

/** The answer to `GET /queue-status`. */
function queueStatusOf(
  { live, channel, journal }: AdminSources,
  status: CoordinatorStatus,
  attention: Attention,
) {
  const shard = ownShard(live.now)
  return {
    ...(shard.count > 1 && { shard: { ...shard, adminPorts: adminPortsOf(live.now) } }),
    ...status,
    ...attention,
    policy: live.now.POLICY,
    auditGuardMs: live.now.AUDIT_GUARD_MS,
    retainHours: live.now.RETAIN_HOURS,
    idempotencyHours: journal?.archive === undefined ? live.now.RETAIN_HOURS || null : null,
    nodes: channel.nodes,
    journal: journal?.log.status ?? null,
  }
}

function healthHandlers({
  coordinator,
  channel,
  journal,
  metrics,
}: AdminSources): Handlers<typeof healthOperations> {
  const document = `${JSON.stringify(adminDocument)}\n`
  return {
    getHealth: () => healthAnswer(journal?.log.failure, channel.nodes),
    getReady: () => readyAnswer(journal?.log.failure, channel.nodes, coordinator.roomCount()),
    getMetrics: async () => ({ status: 200, body: await metrics() }),
    getDocument: () => ({ status: 200, body: document }),
    getProblemPage: ({ params: { name } }) => {
      const body = problemPage(name)
      return body === undefined
        ? { problem: 'not-found', detail: 'There is no problem of this name.' }
        : { status: 200, body }
    },
  }
}
