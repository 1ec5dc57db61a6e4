import type { ChannelClient } from '@rinha/channel'
import { connectChannel, timers } from '@rinha/channel/tcp'
import { ledgerBehind, ledgerChannel } from '@rinha/coordinator'
import type { Ledger } from '@rinha/ledger'
import type { LedgerSource } from '@rinha/payment'
import { createBooksClient } from '@rinha/processor/http'
import { LedgerReader, Reconciler, ShardedLedger } from '@rinha/reconcile'
import type { Logger } from '@rinha/service'
import type { CoordinatorSettings } from './settings.ts'
import { time } from './time.ts'

export interface Reconciliation {
  readonly reconciler: Reconciler
  /** What other shards may ask of this ledger. */
  readonly ledgerSource: LedgerSource
  close(): Promise<unknown>
}

/** The reconciler that ships, over HTTP and the platform's clocks. `names` are the ledger's. */
export function createReconciler(
  settings: CoordinatorSettings,
  ledger: Ledger,
  names: readonly string[],
  bodyBytesMax: number,
  log: Logger,
): Reconciliation {
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
  const own = new LedgerReader(ledger, names, { time, timers })
  const channels = PROCESSOR_ADMIN_TOKENS.size > 0 ? connectShards(settings, log) : []
  const source = channels.length === 0 ? own : new ShardedLedger([own, ...channels.map(ledgerBehind)])
  const reconciler = new Reconciler(
    {
      ledger,
      names,
      everyMs: RECONCILE_EVERY_MS,
      callsPerSecondMax: RECONCILE_CALLS_PER_SECOND_MAX,
    },
    { books: clients, source, time, timers },
  )
  return {
    reconciler,
    ledgerSource: own,
    close: () => {
      reconciler.stop()
      const closed = channels.map(channel => new Promise<void>(resolve => channel.close(0, resolve)))
      return Promise.all([...closed, ...clients.map(client => client?.close())])
    },
  }
}

/** Channels to the other shards, from shard 0. They go to whoever leads there, and need no token of the admin port. */
function connectShards(settings: CoordinatorSettings, log: Logger): readonly ChannelClient[] {
  const { SHARDS, COORDINATORS, CHANNEL_SECRET, HEARTBEAT_MS } = settings
  return Array.from({ length: SHARDS - 1 }, (_, before) => {
    const index = before + 1
    let wasConnected = false
    return connectChannel({
      coordinators: COORDINATORS[index] ?? [],
      shard: { index, count: SHARDS },
      secret: CHANNEL_SECRET,
      nodeName: 'shard-0',
      heartbeatMs: HEARTBEAT_MS,
      ...ledgerChannel,
      onConnectedChange: isConnected => {
        wasConnected ||= isConnected
      },
      // All shards may be starting. That one never comes, a comparison says.
      onProblem: line =>
        log[wasConnected ? 'warn' : 'info']({ problem: line }, `shard ${index}, whose ledger is compared`),
    })
  })
}
