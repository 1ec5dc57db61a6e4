import { err, ok } from '@rinha/base'
import {
  amountCentsMax,
  conflictKinds,
  instantMsMax,
  ledgerIdCountMax,
  ledgerIdKinds,
  paymentRecordBytes,
  paymentState,
  processorCountMax,
  shardCountMax,
  writePaymentRecord,
} from '@rinha/payment'
import fc from 'fast-check'
import * as limits from './limits.ts'
import { keepers, type OutgoingMessage, refuseCodes } from './messages.ts'

/** Every message an end may send, over the whole range of each field. For property tests. */
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const retryAfterSeconds = fc.integer({ min: 0, max: limits.retryAfterSecondsMax })
const sequence = fc.integer({ min: 0, max: limits.sequenceMax })
const windowCount = fc.integer({ min: 0, max: limits.windowCountLimit })
const heartbeatMs = fc.integer({ min: limits.heartbeatMsMin, max: limits.heartbeatMsMax })
const reason = fc.string({ maxLength: limits.reasonCharsMax, unit: 'grapheme-ascii' })
const processor = fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' })
const id = fc.integer({ min: 0, max: limits.requestIdMax })
const amountCents = fc.integer({ min: 1, max: amountCentsMax })
const instantMs = fc.integer({ min: 0, max: instantMsMax })
const shard = fc
  .integer({ min: 1, max: shardCountMax })
  .chain(count => fc.record({ index: fc.nat(count - 1), count: fc.constant(count) }))
const boundMs = fc.option(fc.integer({ min: -instantMsMax, max: instantMsMax }))

const paymentArbitrary = fc.record({ correlationId: bytes(16), amountCents })

const records = fc.array(paymentArbitrary, { minLength: 1, maxLength: 20 }).map(payments => {
  const written = new Uint8Array(payments.length * paymentRecordBytes)
  payments.forEach((payment, index) => {
    writePaymentRecord(written, index * paymentRecordBytes, payment.correlationId, payment.amountCents)
  })
  return written
})

const whereItIs = fc.constantFrom({}, { isArchived: true as const })
const attempt = { amountCents, processor, requestedAtMs: instantMs }

const report = fc.oneof(
  fc.constant({ state: 'absent' as const }),
  fc.record({ state: fc.constant('queued' as const), amountCents }),
  fc.record({ state: fc.constant('inFlight' as const), ...attempt }),
  fc
    .tuple(fc.record({ state: fc.constant('settled' as const), ...attempt }), whereItIs)
    .map(([settled, where]) => ({ ...settled, ...where })),
  fc
    .tuple(fc.record({ state: fc.constant('rejected' as const), amountCents, reason }), whereItIs)
    .map(([rejected, where]) => ({ ...rejected, ...where })),
)

const summaryRow = fc.record({ processor, count: sequence, amountCents: sequence })
const health = fc.record({ processor, failing: fc.boolean(), minResponseTimeMs: sequence, ageMs: sequence })
const wholeMs = fc.integer({ min: -instantMsMax, max: instantMsMax })
const known = fc.array(fc.record({ correlationId: bytes(16), recordedAtMs: instantMs }), { maxLength: 20 })
const now = fc.record({
  state: fc.constantFrom(...Object.values(paymentState)),
  processor: fc.option(processor),
  amountCents,
  requestedAtMs: instantMs,
  wasSentThen: fc.boolean(),
})
const nows = fc.array(fc.option(now), { maxLength: 20 })
const resultOf = <T>(value: fc.Arbitrary<T>) => fc.oneof(value.map(ok), reason.map(err))

export const messageArbitrary: fc.Arbitrary<OutgoingMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version: fc.constant(limits.protocolVersion),
    nodeName: fc.stringMatching(limits.nodeNamePattern),
    sessionId: bytes(limits.sessionIdBytes),
    clientNonce: bytes(limits.nonceBytes),
    acknowledgedSequence: sequence,
    bufferCountMax: fc.integer({ min: 0, max: limits.windowCountLimit }),
    predecessorId: bytes(limits.coordinatorIdBytes),
    heartbeatMs,
    shard,
  }),
  fc.record({
    type: fc.constant('challenge' as const),
    version: fc.constant(limits.protocolVersion),
    serverNonce: bytes(limits.nonceBytes),
  }),
  fc.record({
    type: fc.constant('proof' as const),
    serverNonce: bytes(limits.nonceBytes),
    proof: bytes(limits.proofBytes),
  }),
  fc.record({
    type: fc.constant('welcome' as const),
    proof: bytes(limits.proofBytes),
    coordinatorId: bytes(limits.coordinatorIdBytes),
    acknowledgedSequence: sequence,
    windowCount,
    heartbeatMs,
    keptBy: fc.constantFrom(...keepers),
    epoch: fc.integer({ min: 0, max: limits.epochMax }),
    roomShort: fc.boolean(),
    retryAfterSeconds,
  }),
  fc.record(
    {
      type: fc.constant('refuse' as const),
      code: fc.constantFrom(...refuseCodes),
      reason,
      leader: fc.constantFrom('10.0.0.2:9400', '[::1]:9400', 'coordinator-1.internal:9400'),
    },
    { requiredKeys: ['type', 'code', 'reason'] },
  ),
  fc.record({
    type: fc.constant('payments' as const),
    firstSequence: fc.integer({ min: 1, max: limits.sequenceMax - limits.paymentsPerFrameMax }),
    isAwaited: fc.boolean(),
    records,
  }),
  fc.record({
    type: fc.constant('ack' as const),
    sequence,
    queuedSequence: sequence,
    windowCount,
    roomShort: fc.boolean(),
    retryAfterSeconds,
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constant('summary' as const),
    params: fc.record({ fromMs: boundMs, toMs: boundMs }),
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constant('status' as const),
    params: fc.record({ correlationId: bytes(16) }),
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constant('ending' as const),
    params: fc.record({
      correlationId: bytes(16),
      waitMs: fc.integer({ min: 0, max: limits.waitMsMax }),
    }),
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constant('ledgerSpan' as const),
    params: fc.record({ processor }),
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constant('ledgerSum' as const),
    params: fc.record({ processor, fromMs: wholeMs, toMs: wholeMs, known }),
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constant('ledgerIds' as const),
    params: fc.record({
      ...{ kind: fc.constantFrom(...ledgerIdKinds), processor, fromMs: wholeMs, toMs: wholeMs },
      ...{ countMax: fc.integer({ min: 1, max: ledgerIdCountMax }), from: sequence },
    }),
  }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constant('ledgerSpan' as const),
    result: resultOf(fc.record({ fromMs: wholeMs, firstMs: fc.option(wholeMs), toMs: wholeMs })),
  }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constant('ledgerSum' as const),
    result: resultOf(fc.record({ count: sequence, amountCents: sequence, isCut: fc.boolean(), known: nows })),
  }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constant('ledgerIds' as const),
    result: resultOf(fc.record({ ids: fc.array(bytes(16), { maxLength: 20 }), next: fc.option(sequence) })),
  }),
  fc.record({
    type: fc.constant('request' as const),
    id,
    kind: fc.constantFrom('health' as const, 'purge' as const),
    params: fc.constant({}),
  }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constant('summary' as const),
    result: resultOf(
      fc.record({
        totals: fc.array(summaryRow, { maxLength: processorCountMax }),
        completeUpToMs: fc.option(instantMs),
      }),
    ),
  }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constantFrom('status' as const, 'ending' as const),
    result: resultOf(report),
  }),
  fc.record({ type: fc.constant('cancel' as const), id }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constant('health' as const),
    result: resultOf(fc.array(health, { maxLength: processorCountMax })),
  }),
  fc.record({
    type: fc.constant('reply' as const),
    id,
    kind: fc.constant('purge' as const),
    result: resultOf(fc.constant({ purged: true as const })),
  }),
  fc.record({
    type: fc.constant('conflict' as const),
    sequence: fc.integer({ min: 1, max: limits.sequenceMax }),
    kind: fc.constantFrom(...conflictKinds),
    reason,
  }),
  fc.constant({ type: 'heartbeat' as const }),
  fc.record({ type: fc.constant('goodbye' as const), reason }),
)
