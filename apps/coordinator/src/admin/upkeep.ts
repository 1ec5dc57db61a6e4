import type { upkeepOperations } from '@rinha/admin-api'
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
      const failure = journal?.log.failure
      if (failure !== undefined)
        return { problem: 'unavailable', detail: `The journal fails: ${failure.words}` }
      const { acceptedCount: forgottenCount } = coordinator.status()
      await audit.record({
        who,
        what: 'purge',
        before: { acceptedCount: forgottenCount },
        after: { acceptedCount: 0 },
      })
      await new Promise<void>(resolve => coordinator.purge(who, resolve))
      return { status: 200, body: { forgottenCount } }
    },
  }
}
