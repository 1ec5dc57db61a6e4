import { amountCentsMax, correlationIdBytes, instantMsMax, processorCountMax } from '@rinha/payment'
import type { Fields } from './fields.ts'
import { ledgerCodecs } from './ledger-codecs.ts'
import { processorNameCharsMax, reasonCharsMax, waitMsMax } from './limits.ts'
import type { ChannelRequestKind, PaymentReport, ProcessorHealth, ProcessorSummary } from './port.ts'
import type { RequestCodec } from './request-codec.ts'

export const requestKinds = [
  'summary',
  'status',
  'ending',
  'health',
  'ledgerSpan',
  'ledgerSum',
  'ledgerIds',
  'purge',
] as const satisfies readonly ChannelRequestKind[]

export const requestCodecs: { readonly [Kind in ChannelRequestKind]: RequestCodec<Kind> } = {
  summary: {
    encodeParams: ({ fromMs, toMs }) => [fromMs, toMs],
    readParams: fields => ({
      fromMs: fields.integerOrNull('fromMs', -instantMsMax, instantMsMax),
      toMs: fields.integerOrNull('toMs', -instantMsMax, instantMsMax),
    }),
    encodeResult: ({ totals, completeUpToMs }) => [
      totals.map(row => [row.processor, row.count, row.amountCents]),
      completeUpToMs,
    ],
    readResult: fields => ({
      totals: fields.list('summary', processorCountMax, readSummaryRow),
      completeUpToMs: fields.integerOrNull('completeUpToMs', 0, instantMsMax),
    }),
  },
  status: {
    encodeParams: ({ correlationId }) => [correlationId],
    readParams: fields => ({ correlationId: fields.bytes('correlationId', correlationIdBytes) }),
    encodeResult: encodeReport,
    readResult: readReport,
  },
  ending: {
    encodeParams: ({ correlationId, waitMs }) => [correlationId, waitMs],
    readParams: fields => ({
      correlationId: fields.bytes('correlationId', correlationIdBytes),
      waitMs: fields.integer('waitMs', 0, waitMsMax),
    }),
    encodeResult: encodeReport,
    readResult: readReport,
  },
  health: {
    encodeParams: () => [],
    readParams: () => ({}),
    encodeResult: rows => [rows.map(row => [row.processor, row.failing, row.minResponseTimeMs, row.ageMs])],
    readResult: fields => fields.list('health', processorCountMax, readHealth),
  },
  ...ledgerCodecs,
  purge: {
    encodeParams: () => [],
    readParams: () => ({}),
    encodeResult: () => [],
    readResult: () => ({ purged: true }),
  },
}

function readHealth(fields: Fields): ProcessorHealth {
  return {
    processor: readProcessor(fields),
    failing: fields.boolean('failing'),
    minResponseTimeMs: fields.integer('minResponseTimeMs', 0, Number.MAX_SAFE_INTEGER),
    ageMs: fields.integer('ageMs', 0, Number.MAX_SAFE_INTEGER),
  }
}

function readSummaryRow(fields: Fields): ProcessorSummary {
  return {
    processor: readProcessor(fields),
    count: fields.integer('count', 0, Number.MAX_SAFE_INTEGER),
    amountCents: fields.integer('amountCents', 0, Number.MAX_SAFE_INTEGER),
  }
}

function encodeReport(report: PaymentReport): readonly unknown[] {
  switch (report.state) {
    case 'absent':
      return [report.state]
    case 'queued':
      return [report.state, report.amountCents]
    case 'inFlight':
      return [report.state, report.amountCents, report.processor, report.requestedAtMs]
    case 'settled':
      return [
        report.state,
        report.amountCents,
        report.processor,
        report.requestedAtMs,
        ...archivedField(report),
      ]
    case 'rejected':
      return [report.state, report.amountCents, clipReason(report.reason), ...archivedField(report)]
  }
}

function readReport(fields: Fields): PaymentReport {
  const state = fields.word('state', ['absent', 'queued', 'inFlight', 'settled', 'rejected'])
  if (state === 'absent') return { state }
  const amountCents = fields.integer('amountCents', 1, amountCentsMax)
  if (state === 'queued') return { state, amountCents }
  if (state === 'rejected') return { state, amountCents, reason: fields.reason(), ...readArchived(fields) }
  const processor = readProcessor(fields)
  const requestedAtMs = fields.integer('requestedAtMs', 0, instantMsMax)
  const sent = { amountCents, processor, requestedAtMs }
  return state === 'inFlight' ? { state, ...sent } : { state, ...sent, ...readArchived(fields) }
}

/** The last field, only of a payment that is in the archive. */
function archivedField({ isArchived }: { readonly isArchived?: true }): readonly true[] {
  return isArchived ? [true] : []
}

function readArchived(fields: Fields): { readonly isArchived?: true } {
  return !fields.isOver && fields.boolean('isArchived') ? { isArchived: true } : {}
}

function readProcessor(fields: Fields): string {
  return fields.text('processor', 1, processorNameCharsMax)
}

/**
 * A reason, clipped to the length that may travel. An error's text can be of any length, and its beginning says what it
 * is about.
 */
export function clipReason(reason: string): string {
  return reason.length <= reasonCharsMax ? reason : `${reason.slice(0, reasonCharsMax - 1)}…`
}
