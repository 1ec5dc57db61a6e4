import { ok } from '@rinha/base'
import type { ChannelHandlers, ChannelRequests, PaymentReport } from '@rinha/channel'
import type { Journal } from '@rinha/journal'
import type { SimCoordinator } from '../coordinator.ts'
import { processorNames, type WatchedEngine } from './watched-engine.ts'

/** As `apps/coordinator` has them. */
export function channelHandlers(
  driver: SimCoordinator,
  engine: WatchedEngine,
  journal: Journal | undefined,
): ChannelHandlers {
  const name = (processor: number) => processorNames[processor] ?? ''
  const answers = {
    summary: ({ fromMs, toMs }: ChannelRequests['summary']['params']) =>
      engine.summary(fromMs, toMs).map((total, processor) => ({ processor: name(processor), ...total })),
    status: ({ correlationId }: ChannelRequests['status']['params']): PaymentReport => {
      const status = engine.status(correlationId)
      if (status.state !== 'inFlight' && status.state !== 'settled') return status
      const { state, amountCents, requestedAtMs } = status
      return { state, amountCents, processor: name(status.processor), requestedAtMs }
    },
    purge: (): { readonly purged: true } => {
      driver.tell({ kind: 'purge' })
      return { purged: true }
    },
  }
  return {
    roomCount: () => (journal?.failure === undefined ? engine.roomCount : 0),
    ...(journal && { whenJournaled: (run: () => void) => journal.whenSynced(run) }),
    onPayments: (records, count) => driver.tell({ kind: 'accept', records, count }),
    onRequest: (kind, params) => ok((answers[kind] as (given: typeof params) => never)(params)),
  }
}
