import type { TSchema, Value } from '@rinha/openapi'
import { attentionOperations } from './operations/attention.ts'
import { auditOperations } from './operations/audit.ts'
import { decisionOperations } from './operations/decisions.ts'
import { healthOperations } from './operations/health.ts'
import { listOperations } from './operations/lists.ts'
import { liveOperations } from './operations/live.ts'
import { pageOperations } from './operations/page.ts'
import { paymentOperations } from './operations/payments.ts'
import { processorOperations } from './operations/processors.ts'
import { queueOperations } from './operations/queue.ts'
import { reconciliationOperations } from './operations/reconciliation.ts'
import { replayOperations } from './operations/replay.ts'
import { sendingOperations } from './operations/sending.ts'
import { settingOperations } from './operations/settings.ts'
import { upkeepOperations } from './operations/upkeep.ts'

/** Every operation of the admin port. */
export const adminOperations = {
  ...queueOperations,
  ...processorOperations,
  ...decisionOperations,
  ...paymentOperations,
  ...listOperations,
  ...attentionOperations,
  ...sendingOperations,
  ...settingOperations,
  ...upkeepOperations,
  ...auditOperations,
  ...reconciliationOperations,
  ...healthOperations,
  ...liveOperations,
  ...replayOperations,
  ...pageOperations,
}

/** The body of an operation's answer 200. */
export type AnswerOf<Id extends keyof typeof adminOperations> = (typeof adminOperations)[Id] extends {
  readonly answers: { readonly 200: { readonly json: infer Schema extends TSchema } }
}
  ? Value<Schema>
  : never
