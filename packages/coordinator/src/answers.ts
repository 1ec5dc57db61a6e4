import type { ChannelRequests, PaymentReport, ProcessorSummary } from '@rinha/channel'
import type { Engine } from '@rinha/engine'

/** What API nodes ask the engine, with processors by their names. */

export function summaryOf(
  engine: Engine,
  processors: readonly string[],
  { fromMs, toMs }: ChannelRequests['summary']['params'],
): readonly ProcessorSummary[] {
  return engine
    .summary(fromMs, toMs)
    .map((total, processor) => ({ processor: processors[processor] ?? '', ...total }))
}

export function reportOf(
  engine: Engine,
  processors: readonly string[],
  { correlationId }: ChannelRequests['status']['params'],
): PaymentReport {
  const status = engine.status(correlationId)
  if (status.state !== 'inFlight' && status.state !== 'settled') return status
  const { state, amountCents, processor, requestedAtMs } = status
  return { state, amountCents, processor: processors[processor] ?? '', requestedAtMs }
}
