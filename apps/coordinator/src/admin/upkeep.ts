import type { upkeepOperations } from '@rinha/admin-api'
import type { PurgeAnswer } from '@rinha/coordinator'
import type { Handlers } from '@rinha/openapi'
import type { AdminSources } from './handlers.ts'

export function upkeepHandlers({
  coordinator,
  journal,
  settings: { PURGE_ALLOWED },
  audit,
}: AdminSources): Handlers<typeof upkeepOperations> {
  return {
    makeSnapshot: async ({ who }) => {
      if (journal === undefined)
        return { problem: 'wrong-state', detail: 'There is no journal (JOURNAL_DIR).' }
      const { failure, status } = journal.log
      if (failure !== undefined)
        return { problem: 'unavailable', detail: `The journal fails: ${failure.words}` }
      const { snapshotCount, isSnapshotUnderWay } = status
      if (!isSnapshotUnderWay) {
        await audit.record({
          who,
          what: 'snapshot',
          before: { snapshotCount },
          after: { isSnapshotUnderWay: true },
        })
        coordinator.snapshot()
      }
      return { status: 202, body: { snapshotCount } }
    },
    purge: async ({ who }) => {
      if (!PURGE_ALLOWED)
        return { problem: 'forbidden', detail: 'A purge is off: PURGE_ALLOWED=true allows it.' }
      const purged = await new Promise<PurgeAnswer>(resolve => coordinator.purge(who, resolve))
      if (!purged.ok) return { problem: 'unavailable', detail: purged.error.detail }
      return { status: 200, body: purged.value }
    },
  }
}
