import {
  adminDocument,
  type adminOperations,
  type healthOperations,
  type queueOperations,
} from '@rinha/admin-api'
import type { ChannelServer } from '@rinha/channel'
import type { Coordinator } from '@rinha/coordinator'
import type { Handlers } from '@rinha/openapi'
import { problemPage } from '@rinha/openapi/problems'
import type { OpenJournal } from '../open-journal.ts'
import type { CoordinatorSettings } from '../settings.ts'
import { auditHandlers } from './audit.ts'
import type { AuditLog } from './audit-log.ts'
import { healthAnswer, readyAnswer } from './health.ts'
import { listHandlers } from './lists.ts'
import { paymentHandlers } from './payments.ts'

/** What the admin port shows and changes. */
export interface AdminSources {
  readonly settings: CoordinatorSettings
  readonly coordinator: Coordinator
  readonly channel: ChannelServer
  readonly journal: OpenJournal | undefined
  readonly audit: AuditLog
  /** Prints the metrics. */
  readonly metrics: () => Promise<string>
}

/** A handler for each operation of the document: one that is missing is a type error. */
export function adminHandlers(sources: AdminSources): Handlers<typeof adminOperations> {
  return {
    ...queueHandlers(sources),
    ...paymentHandlers(sources),
    ...listHandlers(sources),
    ...auditHandlers(sources.audit),
    ...healthHandlers(sources),
  }
}

function queueHandlers({
  settings,
  coordinator,
  channel,
  journal,
}: AdminSources): Handlers<typeof queueOperations> {
  return {
    getQueueStatus: () => ({
      status: 200,
      body: {
        ...coordinator.status(),
        ...coordinator.attention(),
        policy: settings.POLICY,
        auditGuardMs: settings.AUDIT_GUARD_MS,
        nodes: channel.nodes,
        journal: journal?.log.status ?? null,
      },
    }),
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
