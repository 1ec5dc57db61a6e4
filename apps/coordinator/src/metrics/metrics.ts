import type { ChannelServer } from '@rinha/channel'
import { attentionQueuedCountMax, type Coordinator, type CoordinatorStatus } from '@rinha/coordinator'
import type { Holding, QueueStatus } from '@rinha/engine'
import { onlyShard, type Shard } from '@rinha/payment'
import type { Reconciler } from '@rinha/reconcile'
import { addTraffic, Histogram, Metrics, type Sample } from '@rinha/service/metrics'
import type { OpenJournal } from '../open-journal.ts'
import type { ProcessorSettings } from '../processors.ts'
import { addLeadership } from './leadership.ts'
import { AttemptCounts } from './observed.ts'

/** The sources of `/metrics`. */
export interface MetricSources {
  readonly coordinator: Pick<Coordinator, 'status' | 'attention'>
  readonly channel: Pick<ChannelServer, 'nodeLoads'>
  readonly journal: Pick<OpenJournal, 'log' | 'syncs' | 'term'> | undefined
  readonly reconciler: Pick<Reconciler, 'report'>
  readonly shard?: Shard
}

/**
 * The coordinator's `/metrics`. Latencies and outcomes are counted as payments end; everything else is read when somebody
 * asks, from one {@link QueueStatus} a scrape, so that its numbers agree with each other. docs/deployment.md has the table.
 */
export class CoordinatorMetrics {
  readonly settles = new Histogram()
  readonly attempts: readonly AttemptCounts[]
  readonly #processors: readonly ProcessorSettings[]
  readonly #metrics = new Metrics()

  constructor(processors: readonly ProcessorSettings[]) {
    this.#processors = processors
    this.attempts = processors.map(() => new AttemptCounts())
  }

  /** Answers how to print them all. */
  serve({
    coordinator,
    channel,
    journal,
    reconciler,
    shard = onlyShard,
  }: MetricSources): () => Promise<string> {
    let status = coordinator.status()
    this.#addPayments(() => status)
    this.#addWaiting(() => status)
    this.#addLanes(() => status)
    this.#addMoney(() => status)
    this.#addProcessors()
    this.#metrics.add(
      'gauge',
      'payments_attention',
      'Payments that only a person can end.',
      () => coordinator.attention(attentionQueuedCountMax).attentionCount,
    )
    let loads = channel.nodeLoads
    addChannel(this.#metrics, () => loads)
    addReconciliation(this.#metrics, reconciler)
    addLeadership(this.#metrics, true, () => journal?.term?.epoch ?? 0, shard)
    if (journal !== undefined) addJournal(this.#metrics, journal)
    return async () => {
      status = coordinator.status()
      loads = channel.nodeLoads
      return this.#metrics.print()
    }
  }

  #addPayments(status: () => CoordinatorStatus): void {
    const metrics = this.#metrics
    metrics.add(
      'gauge',
      'payments',
      'Payments by state, with those that have left memory. Their sum is payments_accepted_total.',
      () => [
        { labels: { state: 'queued' }, value: status().queuedCount },
        { labels: { state: 'in_flight' }, value: status().inFlightCount },
        { labels: { state: 'settled' }, value: status().settledCount },
        { labels: { state: 'rejected' }, value: status().rejectedCount - status().discardedCount },
        { labels: { state: 'discarded' }, value: status().discardedCount },
      ],
    )
    metrics.add('gauge', 'payments_kept', 'Payments in memory.', () => status().keptCount)
    metrics.add(
      'gauge',
      'payments_max',
      'The most payments that may be in memory (PAYMENT_COUNT_MAX).',
      () => status().acceptedCountMax,
    )
    metrics.add('counter', 'payments_accepted_total', 'Payments accepted.', () => status().acceptedCount)
    metrics.add(
      'counter',
      'payments_duplicate_total',
      'Payments that were posted again, with the same correlationId and amount.',
      () => status().duplicateCount,
    )
    metrics.add(
      'counter',
      'payments_conflict_total',
      'Payments that were posted with the correlationId of another payment.',
      () => status().conflictCount,
    )
    metrics.add(
      'gauge',
      'payments_unknown',
      'Payments in flight whose answer was lost: the processor may have recorded them.',
      () => status().unknownCount,
    )
  }

  #addWaiting(status: () => CoordinatorStatus): void {
    const metrics = this.#metrics
    metrics.add(
      'gauge',
      'payments_oldest_queued_age_seconds',
      'Age of the oldest queued payment; 0 without one.',
      () => status().oldestQueuedAgeMs / 1000,
    )
    metrics.add(
      'gauge',
      'payments_predicted_wait_seconds',
      'How long a payment that comes now would wait in the queue.',
      () => status().predictedWaitMs / 1000,
    )
    metrics.add(
      'gauge',
      'payments_retry_after_seconds',
      'The Retry-After of the 503 that new payments get because they would wait longer than QUEUE_WAIT_MS_MAX; 0 while they are accepted.',
      () => status().retryAfterSeconds,
    )
    metrics.add(
      'gauge',
      'payments_oldest_unknown_age_seconds',
      'Time since the oldest unknown payment was accepted; 0 without one.',
      () => status().oldestUnknownAgeMs / 1000,
    )
    metrics.add(
      'gauge',
      'payments_held',
      'Payments that wait for a cheaper processor although a dearer one could take them.',
      () => waiting(status(), 'cheaper'),
    )
    metrics.add(
      'gauge',
      'payments_waiting',
      'All queued payments, under the reason why the oldest of them waits.',
      () => reasons.map(reason => ({ labels: { reason }, value: waiting(status(), reason) })),
    )
    metrics.add('histogram', 'payment_settle_seconds', 'Time from accepting a payment to settling it.', () =>
      this.settles.samples(),
    )
  }

  #addLanes(status: () => QueueStatus): void {
    type Lane = QueueStatus['processors'][number]
    const each = (value: (lane: Lane) => number) => () =>
      status().processors.map(lane => ({ labels: { processor: lane.name }, value: value(lane) }))
    const metrics = this.#metrics
    metrics.add('gauge', 'processor_circuit_state', '1 for the present state of the circuit.', () =>
      status().processors.flatMap(({ name, circuit }) =>
        circuitStates.map(state => ({
          labels: { processor: name, state },
          value: Number(state === circuit),
        })),
      ),
    )
    metrics.add(
      'counter',
      'processor_circuit_opened_total',
      'How often the circuit has opened.',
      each(lane => lane.openedCount),
    )
    metrics.add(
      'counter',
      'processor_pushed_back_total',
      'Attempts that the processor turned away because it had too many (429).',
      each(lane => lane.pushedBackCount),
    )
    metrics.add(
      'gauge',
      'processor_usable',
      '1 while payments may be sent to the processor.',
      each(lane => Number(lane.usable)),
    )
    metrics.add(
      'gauge',
      'processor_way_status',
      'The HTTP status of its last answer to a payment, if that means a wrong address, token or path (such as 404); 0 otherwise.',
      each(lane => lane.wayStatus ?? 0),
    )
    metrics.add(
      'gauge',
      'processor_in_flight',
      'Attempts under way.',
      each(lane => lane.inFlightCount),
    )
    metrics.add(
      'gauge',
      'processor_in_flight_limit',
      'The most attempts that the limiter allows at the same time.',
      each(lane => lane.limitCount),
    )
    metrics.add(
      'gauge',
      'processor_level_seconds',
      'The time that half of all attempts are expected to exceed.',
      each(lane => lane.predictedMs / 1000),
    )
    metrics.add(
      'gauge',
      'processor_tail_seconds',
      'The time that one attempt in a hundred is expected to exceed.',
      each(lane => lane.tailMs / 1000),
    )
  }

  #addMoney(status: () => QueueStatus): void {
    const each = (cents: (lane: QueueStatus['processors'][number]) => number) => (): readonly Sample[] =>
      status().processors.map(lane => ({ labels: { processor: lane.name }, value: cents(lane) / 100 }))
    const metrics = this.#metrics
    metrics.add('counter', 'processor_settled_total', 'Payments settled at the processor.', () =>
      status().processors.map(lane => ({ labels: { processor: lane.name }, value: lane.settledCount })),
    )
    metrics.add(
      'counter',
      'processor_settled_amount_total',
      'The sum of the amounts of the settled payments, in the currency.',
      each(lane => lane.settledAmountCents),
    )
    metrics.add(
      'counter',
      'processor_fees_amount_total',
      'The fees of the settled payments, each at the fee in force when it was sent, in the currency.',
      each(lane => lane.feesCents),
    )
    metrics.add(
      'counter',
      'processor_earnings_amount_total',
      'The amounts of the settled payments without the fees, in the currency.',
      each(lane => lane.earningsCents),
    )
    metrics.add(
      'counter',
      'processor_excess_fees_amount_total',
      'By how much the fees exceed those of the cheapest processor, in the currency.',
      each(lane => lane.excessFeesCents),
    )
  }

  #addProcessors(): void {
    const each = (samples: (counts: AttemptCounts, processor: string) => readonly Sample[]) => () =>
      this.attempts.flatMap((counts, index) => samples(counts, this.#processors[index]?.name ?? ''))
    this.#metrics.add(
      'counter',
      'processor_attempts_total',
      'Attempts that have ended, by outcome.',
      each((counts, processor) => counts.samples(processor)),
    )
    this.#metrics.add(
      'histogram',
      'processor_attempt_seconds',
      'How long attempts took, whatever their outcome.',
      each((counts, processor) => counts.latency.samples({ processor })),
    )
  }
}

const circuitStates: readonly QueueStatus['processors'][number]['circuit'][] = ['closed', 'open', 'probing']

const reasons: readonly Holding['reason'][] = [
  'journalFails',
  'paused',
  'lookedUpFirst',
  'noneUsable',
  'policy',
  'cheaper',
  'limiter',
  'pace',
]

/** All queued payments wait for the reason of the oldest one. */
function waiting({ queuedCount, holding }: QueueStatus, reason: Holding['reason']): number {
  return holding?.reason === reason ? queuedCount : 0
}

/** By the names of the nodes that are connected: NODE_COUNT_MAX at the most. */
function addChannel(metrics: Metrics, loads: () => ChannelServer['nodeLoads']): void {
  metrics.add(
    'gauge',
    'channel_nodes',
    'How many API nodes are connected, counted by name.',
    () => loads().length,
  )
  metrics.add(
    'gauge',
    'channel_credit_payments',
    'Payments that a connected API node may send before it is told of more room.',
    () => loads().map(({ node, creditCount }) => ({ labels: { node }, value: creditCount })),
  )
  addTraffic(metrics, () => loads().map(({ node, traffic }) => ({ labels: { node }, traffic })))
}

function addReconciliation(metrics: Metrics, reconciler: Pick<Reconciler, 'report'>): void {
  type Books = ReturnType<Reconciler['report']>['processors'][number]
  const each = (value: (books: Books) => number) => () =>
    reconciler
      .report()
      .processors.filter(({ state }) => state !== 'notConfigured')
      .map(books => ({ labels: { processor: books.processor }, value: value(books) }))
  metrics.add(
    'gauge',
    'reconciliation_difference_payments',
    'Payments that differ between our books and the processor’s, in the last run that could compare them.',
    each(({ differenceCount }) => differenceCount),
  )
  metrics.add(
    'gauge',
    'reconciliation_unavailable',
    '1 if the last run could not compare with the processor.',
    each(({ state }) => Number(state === 'unavailable')),
  )
  metrics.add(
    'gauge',
    'reconciliation_compared_timestamp_seconds',
    'When the books were last compared; 0 for never.',
    each(({ comparedAtMs }) => (comparedAtMs ?? 0) / 1000),
  )
  metrics.add(
    'counter',
    'reconciliation_calls_total',
    'Calls made to the processor for comparisons.',
    each(({ callCount }) => callCount),
  )
  metrics.add(
    'gauge',
    'reconciliation_conservation_broken',
    '1 if a recount gave other numbers than the ledger’s counters and sums.',
    () => Number(reconciler.report().conservation?.isEqual === false),
  )
}

function addJournal(metrics: Metrics, { log, syncs }: NonNullable<MetricSources['journal']>): void {
  metrics.add('histogram', 'journal_sync_seconds', 'How long a write and its sync took.', () =>
    syncs.samples(),
  )
  metrics.add('counter', 'journal_commits_total', 'Syncs that confirmed facts.', () => log.status.commitCount)
  metrics.add(
    'gauge',
    'journal_pending_bytes',
    'Bytes that are appended and not yet synced.',
    () => log.status.pendingBytes,
  )
  metrics.add(
    'gauge',
    'journal_disk_bytes',
    'Bytes on disk of the latest snapshot and of everything after it.',
    () => log.status.diskBytes,
  )
  metrics.add(
    'gauge',
    'journal_filled_ratio',
    'How full the replicated log is, from 0 to 1; 0 for a journal on a disk.',
    () => log.status.filledShare,
  )
  metrics.add('gauge', 'journal_failing', '1 while the disk refuses writes.', () =>
    Number(log.failure !== undefined),
  )
}
