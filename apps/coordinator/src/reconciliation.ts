import { timers } from '@rinha/channel/tcp'
import type { Ledger } from '@rinha/ledger'
import { createBooksClient } from '@rinha/processor/http'
import { Reconciler } from '@rinha/reconcile'
import type { CoordinatorSettings } from './settings.ts'
import { time } from './time.ts'

/** The reconciler that ships, over HTTP and the platform's clocks. `names` are the ledger's. */
export function createReconciler(
  settings: CoordinatorSettings,
  ledger: Ledger,
  names: readonly string[],
  bodyBytesMax: number,
): { readonly reconciler: Reconciler; close(): Promise<unknown> } {
  const { PROCESSORS, PROCESSOR_ADMIN_TOKENS, RECONCILE_EVERY_MS, RECONCILE_CALLS_PER_SECOND_MAX } = settings
  const clients = PROCESSORS.map(({ name, origin }) => {
    const access = PROCESSOR_ADMIN_TOKENS.get(name)
    if (access === undefined) return undefined
    return createBooksClient({
      token: access.token,
      origin: access.origin ?? origin,
      // The timeout of a call. A summary of all payments may be slow.
      timeoutMs: settings.ATTEMPT_TIMEOUT_MS,
      connectTimeoutMs: settings.CONNECT_TIMEOUT_MS,
      bodyBytesMax,
    })
  })
  const reconciler = new Reconciler(
    {
      ledger,
      names,
      everyMs: RECONCILE_EVERY_MS,
      callsPerSecondMax: RECONCILE_CALLS_PER_SECOND_MAX,
    },
    { books: clients, time, timers },
  )
  return {
    reconciler,
    close: () => {
      reconciler.stop()
      return Promise.all(clients.map(client => client?.close()))
    },
  }
}
