import { joinBytes } from '@rinha/base'
import {
  amountCentsMax,
  correlationIdBytes,
  instantMsMax,
  type KnownPayment,
  knownCountMax,
  ledgerIdCountMax,
  ledgerIdKinds,
  type PaymentNow,
  processorCountMax,
  readPaymentState,
} from '@rinha/payment'
import type { Fields } from './fields.ts'
import { processorNameCharsMax } from './limits.ts'
import type { RequestCodec } from './request-codec.ts'

/**
 * What one coordinator asks of another's ledger. Lists of payments travel as one byte string each, a record of fixed size for each
 * payment: a comparison may know of thousands, and a frame has room for a few hundred values.
 */
export const ledgerCodecs: {
  readonly [Kind in 'ledgerSpan' | 'ledgerSum' | 'ledgerIds']: RequestCodec<Kind>
} = {
  ledgerSpan: {
    encodeParams: ({ processor }) => [processor],
    readParams: fields => ({ processor: readName(fields) }),
    encodeResult: ({ fromMs, firstMs, toMs }) => [fromMs, firstMs, toMs],
    readResult: fields => ({
      fromMs: readInstant(fields, 'fromMs'),
      firstMs: fields.integerOrNull('firstMs', -instantMsMax, instantMsMax),
      toMs: readInstant(fields, 'toMs'),
    }),
  },
  ledgerSum: {
    encodeParams: ({ processor, fromMs, toMs, known }) => [processor, fromMs, toMs, encodeKnown(known)],
    readParams: fields => ({
      processor: readName(fields),
      fromMs: readInstant(fields, 'fromMs'),
      toMs: readInstant(fields, 'toMs'),
      known: readRecords(fields, 'known', knownBytes, knownCountMax, readKnown),
    }),
    encodeResult: ({ count, amountCents, isCut, known }) => {
      const names = [...new Set(known.flatMap(each => each?.processor ?? []))]
      return [count, amountCents, isCut, names, encodeNow(known, names)]
    },
    readResult: fields => {
      const [count, amountCents] = [readCount(fields, 'count'), readCount(fields, 'amountCents')]
      const isCut = fields.boolean('isCut')
      const names = readNames(fields)
      const read = (record: DataView) => readNow(fields, record, names)
      return { count, amountCents, isCut, known: readRecords(fields, 'known', nowBytes, knownCountMax, read) }
    },
  },
  ledgerIds: {
    encodeParams: ({ kind, processor, fromMs, toMs, countMax, from }) => {
      return [kind, processor, fromMs, toMs, countMax, from]
    },
    readParams: fields => ({
      kind: fields.word('kind', ledgerIdKinds),
      processor: readName(fields),
      fromMs: readInstant(fields, 'fromMs'),
      toMs: readInstant(fields, 'toMs'),
      countMax: fields.integer('countMax', 1, ledgerIdCountMax),
      from: readCount(fields, 'from'),
    }),
    encodeResult: ({ ids, next }) => [joinBytes(ids), next],
    readResult: fields => ({
      ids: readRecords(fields, 'ids', correlationIdBytes, ledgerIdCountMax, readId),
      next: fields.integerOrNull('next', 0, Number.MAX_SAFE_INTEGER),
    }),
  },
}

/** The id, then recordedAtMs as a double. */
const knownBytes = correlationIdBytes + 8
/** State, and place of the processor in the names (a byte each); amountCents and requestedAtMs as doubles; wasSentThen. */
const nowBytes = 19
/** In place of a state: not in memory. In place of a processor: none. */
const none = 255

function encodeKnown(known: readonly KnownPayment[]): Uint8Array {
  const bytes = new Uint8Array(known.length * knownBytes)
  const view = new DataView(bytes.buffer)
  for (const [index, { correlationId, recordedAtMs }] of known.entries()) {
    bytes.set(correlationId, index * knownBytes)
    view.setFloat64(index * knownBytes + correlationIdBytes, recordedAtMs)
  }
  return bytes
}

function readKnown(record: DataView): KnownPayment {
  return { correlationId: readId(record), recordedAtMs: record.getFloat64(correlationIdBytes) }
}

function encodeNow(known: readonly (PaymentNow | null)[], names: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(known.length * nowBytes)
  const view = new DataView(bytes.buffer)
  for (const [index, now] of known.entries()) {
    const at = index * nowBytes
    bytes[at] = now?.state ?? none
    bytes[at + 1] = now?.processor == null ? none : names.indexOf(now.processor)
    view.setFloat64(at + 2, now?.amountCents ?? 0)
    view.setFloat64(at + 10, now?.requestedAtMs ?? 0)
    bytes[at + 18] = now?.wasSentThen ? 1 : 0
  }
  return bytes
}

function readNow(fields: Fields, record: DataView, names: readonly string[]): PaymentNow | null {
  const [code, place] = [record.getUint8(0), record.getUint8(1)]
  if (code === none) return null
  const state = readPaymentState(code)
  const processor = place === none ? null : names[place]
  const [amountCents, requestedAtMs] = [record.getFloat64(2), record.getFloat64(10)]
  const isRight = isInteger(amountCents, 1, amountCentsMax) && isInteger(requestedAtMs, 0, instantMsMax)
  if (state !== undefined && processor !== undefined && isRight)
    return { state, processor, amountCents, requestedAtMs, wasSentThen: record.getUint8(18) === 1 }
  fields.fail('known: not a state, or not one of the names, or a number out of its range')
  return null
}

function readId(record: DataView): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset, correlationIdBytes).slice()
}

/** Records of a byte string, copied: they may be kept when the frame is gone. */
function readRecords<Item>(
  fields: Fields,
  name: string,
  recordBytes: number,
  countMax: number,
  read: (record: DataView) => Item,
): readonly Item[] {
  const bytes = fields.bytesView(name, recordBytes * countMax)
  if (bytes.length % recordBytes !== 0) fields.fail(`${name} are not whole records`)
  return Array.from({ length: Math.floor(bytes.length / recordBytes) }, (_, index) =>
    read(new DataView(bytes.buffer, bytes.byteOffset + index * recordBytes, recordBytes)),
  )
}

function readNames(fields: Fields): readonly string[] {
  const value = fields.next()
  const isName = (each: unknown): each is string =>
    typeof each === 'string' && each.length > 0 && each.length <= processorNameCharsMax
  if (Array.isArray(value) && value.length <= processorCountMax && value.every(isName)) return value
  fields.fail(`names are not at most ${processorCountMax} names of processors`)
  return []
}

function readName(fields: Fields): string {
  return fields.text('processor', 1, processorNameCharsMax)
}

function readInstant(fields: Fields, name: string): number {
  return fields.integer(name, -instantMsMax, instantMsMax)
}

function readCount(fields: Fields, name: string): number {
  return fields.integer(name, 0, Number.MAX_SAFE_INTEGER)
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max
}
