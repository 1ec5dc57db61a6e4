import { ok } from '@rinha/base'
import type { ChannelHandlers, ChannelRequests, PaymentReport, ProcessorSummary } from '@rinha/channel'
import type { Engine } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import type { Driver } from './driver.ts'

/**
 * What the API nodes ask for, in terms of the engine; processors get their names here. `onRoom` is
 * called when there is room again.
 */
export function channelHandlers(
  engine: Engine,
  driver: Driver,
  names: readonly string[],
  journal: Journal | undefined,
  onRoom: () => void,
): ChannelHandlers {
  const answers = {
    summary: ({ fromMs, toMs }: ChannelRequests['summary']['params']): readonly ProcessorSummary[] =>
      engine
        .summary(fromMs, toMs)
        .map((total, processor) => ({ processor: names[processor] ?? '', ...total })),

    status: ({ correlationId }: ChannelRequests['status']['params']): PaymentReport => {
      const status = engine.status(correlationId)
      if (status.state !== 'inFlight' && status.state !== 'settled') return status
      const { state, amountCents, requestedAtMs } = status
      return { state, amountCents, processor: names[status.processor] ?? '', requestedAtMs }
    },

    purge: (): { readonly purged: true } => {
      driver.tell({ kind: 'purge' })
      onRoom()
      return { purged: true }
    },
  }
  return {
    // What cannot be written is not taken: nodes hold it, and say so to their clients when they are full.
    roomCount: () => (journal?.failure === undefined ? engine.roomCount : 0),
    onPayments: (records, count) => driver.tell({ kind: 'accept', records, count }),
    ...(journal && { whenJournaled: (run: () => void) => journal.whenSynced(run) }),
    onRequest: (kind, params) => ok((answers[kind] as (given: typeof params) => never)(params)),
  }
}
