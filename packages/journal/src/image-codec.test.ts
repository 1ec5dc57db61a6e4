import { AssertionError } from '@rinha/base'
import {
  type EarlierAttempt,
  instantMsMax,
  isOpen,
  type LedgerImage,
  type LedgerPast,
  type PaymentColumns,
  paymentState,
  reasonLengthMax,
} from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunkHeaderBytes, chunkKind, viewOf } from './format.ts'
import { encodeImage, ImageReader } from './image-codec.ts'
import { imageText } from './testing.ts'

const { queued, inFlight, settled, rejected, refused, discarded } = paymentState

const payment = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  amountCents: fc.integer({ min: 1, max: 1_000_000_000 }),
  acceptedAtMs: fc.double({ min: 0, max: 2 ** 41, noNaN: true }).map(Math.abs),
  state: fc.constantFrom(queued, inFlight, settled, rejected, refused, discarded),
  processor: fc.integer({ min: 0, max: 1 }),
  requestedAtMs: fc.integer({ min: 1, max: instantMsMax }),
  reason: fc.nat(2),
})
const payments = fc.array(payment, { maxLength: 40, size: 'max' })
const text = fc
  .string({ unit: 'binary', maxLength: reasonLengthMax })
  .filter(each => each.length <= reasonLengthMax)
const reasons = fc.array(text, { minLength: 3, maxLength: 8 })

type Payment = typeof payment extends fc.Arbitrary<infer Value> ? Value : never

function columnsOf(part: readonly Payment[]): PaymentColumns {
  const isRequested = ({ state }: Payment) => state === inFlight || state === settled
  return {
    count: part.length,
    ids: Uint8Array.from(part.flatMap(({ id }) => [...id])),
    amountCents: Uint32Array.from(part, each => each.amountCents),
    acceptedAtMs: Float64Array.from(part, each => each.acceptedAtMs),
    states: Uint8Array.from(part, each => each.state),
    processors: Int8Array.from(part, each =>
      isRequested(each) || each.state === refused ? each.processor : -1,
    ),
    requestedAtMs: Float64Array.from(part, each => (isRequested(each) ? each.requestedAtMs : 0)),
    reasons: Uint8Array.from(part, each => each.reason),
  }
}

function imageOf(list: readonly Payment[], texts: readonly string[], pieceCount: number): LedgerImage {
  const columns: PaymentColumns[] = []
  for (let from = 0; from < list.length; from += pieceCount)
    columns.push(columnsOf(list.slice(from, from + pieceCount)))
  const earlier = list.flatMap((each, row) =>
    isOpen(each.state) && each.processor === 1
      ? [0, 1].map(processor => ({ row, processor, requestedAtMs: each.requestedAtMs }))
      : [],
  )
  return { columns, reasons: texts, earlier }
}

/** Of row 6 on, two stragglers before, and archived seconds, in more pieces than one chunk has. */
function pastOf(list: readonly Payment[]): LedgerPast {
  const stragglers = list.slice(0, 5)
  return {
    purgeCount: 3,
    firstRow: firstRowOf(list),
    archivedToMs: 2_000_000_000_000,
    acceptedCents: 2 ** 52,
    discardedCount: 7,
    settled: [{ processor: 1, count: 2 ** 40, amountCents: 2 ** 51 }],
    stragglers: {
      rows: Float64Array.from(stragglers, (_, index) => index + 2 ** 33),
      columns: columnsOf(stragglers),
    },
    seconds: Array.from({ length: 150 }, (_, index) => ({
      processor: index % 2,
      firstKey: 3_000_000_000 + index * 70_000,
      offsets: Uint16Array.of(0, 1, 65_535),
      counts: Uint32Array.of(1, index + 1, 2),
      cents: Float64Array.of(2 ** 50 + index, 5, 1),
    })),
  }
}

const firstRowOf = (list: readonly Payment[]) => 2 ** 34 + list.length

const sample = fc.sample(payments, { numRuns: 300, seed: 4 }).find(each => each.length > 25) ?? []
const journalId = new Uint8Array(16).fill(3)

const chunksOf = (image: LedgerImage): Uint8Array[] => [...encodeImage(image, journalId, 9, 2)]

function readChunks(chunks: readonly Uint8Array[]): { reader: ImageReader; problem: string | undefined } {
  const reader = new ImageReader(2)
  let problem: string | undefined
  for (const [index, chunk] of chunks.entries())
    problem ??= reader.chunk(viewOf(chunk).getUint32(4, true), chunk.subarray(chunkHeaderBytes), index)
  return { reader, problem: problem ?? (reader.ended ? undefined : 'it has no end') }
}

test('an image is read back unchanged, in pieces of any size', () => {
  fc.assert(
    fc.property(payments, reasons, fc.integer({ min: 1, max: 50 }), (list, texts, pieceCount) => {
      const image = imageOf(list, texts, pieceCount)
      const { reader, problem } = readChunks(chunksOf(image))
      expect(problem).toBeUndefined()
      expect(reader.paymentCount).toBe(list.length)
      expect(imageText(reader.image)).toBe(imageText(image))
    }),
  )
})

test('notes are read back unchanged, and a note of an unknown topic is damage', () => {
  const notes = [
    { topic: 'fees', text: '[]' },
    { topic: 'sending', text: 'ü'.repeat(70_000) },
  ] as const
  const chunks = chunksOf({ ...whole, notes })
  const { reader, problem } = readChunks(chunks)
  expect([problem, reader.image.notes]).toEqual([undefined, notes])
  const note = chunks.find(chunk => viewOf(chunk).getUint32(4, true) === chunkKind.note)
  note?.fill(9, chunkHeaderBytes, chunkHeaderBytes + 1)
  expect(readChunks(chunks).problem).toBe('a note is no text of a topic within its limit')
})

test('what has left is read back unchanged, with rows that do not fit 32 bits', () => {
  fc.assert(
    fc.property(payments, reasons, (list, texts) => {
      const past = pastOf(list)
      const image = imageOf(list, texts, 7)
      const earlier = image.earlier.map(each => ({ ...each, row: each.row + past.firstRow }))
      const { reader, problem } = readChunks(chunksOf({ ...image, past, earlier }))
      expect(problem).toBeUndefined()
      expect(reader.paymentCount).toBe(past.firstRow + list.length)
      expect(reader.image.past).toEqual(past)
      expect(imageText(reader.image) === imageText({ ...image, past, earlier })).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test.each<[string, Partial<LedgerPast>]>([
  ['a first row that is no whole number', { firstRow: 0.5 }],
  ['time archived into a second', { archivedToMs: 1500 }],
  ['a straggler behind the first row', { firstRow: 2 ** 33 + 1 }],
  ['a processor there is not', { settled: [{ processor: 2, count: 1, amountCents: 1 }] }],
  ['time that is archived too early', { archivedToMs: 1000 }],
])('%s is not read', (_, change) => {
  const image = imageOf(sample, ['other', 'a', 'b'], 7)
  const past = { ...pastOf(sample), ...change }
  expect(readChunks(chunksOf({ ...image, earlier: [], past })).problem).toBeDefined()
})

const whole = imageOf(
  [queued, inFlight, settled, rejected, refused, discarded].map((state, index) => ({
    id: new Uint8Array(16).fill(index),
    amountCents: 5,
    acceptedAtMs: 7,
    state,
    processor: 1,
    requestedAtMs: 9,
    reason: 1,
  })),
  ['other', 'no'],
  6,
)

/** By row: 0 queued, 1 in flight, 2 settled, 3 rejected, 4 refused, 5 discarded. */
test.each<[string, Exclude<keyof PaymentColumns, 'count' | 'ids'>, number, number]>([
  ['an amount of nothing', 'amountCents', 0, 0],
  ['an amount past its limit', 'amountCents', 0, 4_000_000_000],
  ['an acceptance at no instant', 'acceptedAtMs', 1, -1],
  ['an acceptance that is no number', 'acceptedAtMs', 1, Number.NaN],
  ['an unknown state', 'states', 2, 6],
  ['a processor where none is asked', 'processors', 0, 1],
  ['an attempt without a processor', 'processors', 1, -1],
  ['a settlement at a processor there is not', 'processors', 2, 2],
  ['a refusal by nobody', 'processors', 4, -1],
  ['a requestedAt where nothing was sent', 'requestedAtMs', 0, 9],
  ['a requestedAt of a refused payment', 'requestedAtMs', 4, 9],
  ['a settlement without a requestedAt', 'requestedAtMs', 2, 0],
  ['a requestedAt between two milliseconds', 'requestedAtMs', 1, 9.5],
  ['a rejection without a reason', 'reasons', 3, 2],
])('%s is not written, and not read', (_, column, row, value) => {
  const [piece] = whole.columns
  if (piece === undefined) throw new Error('there is a piece')
  const wrong = { ...piece, [column]: piece[column].slice() }
  wrong[column][row] = value
  expect(() => chunksOf({ ...whole, columns: [wrong] })).toThrow(AssertionError)
  // The bytes are those of a sound image, except for that field.
  const reader = readChunks(chunksOf(whole).map(chunk => replaced(chunk, piece, column, row, value)))
  expect(reader.problem).toBeDefined()
})

test.each<[string, Partial<EarlierAttempt>]>([
  ['a payment that is settled', { row: 2 }],
  ['a payment that is rejected', { row: 3 }],
  ['a payment that is discarded', { row: 5 }],
  ['a payment there is not', { row: 6 }],
  ['a processor there is not', { processor: 2 }],
  ['no instant', { requestedAtMs: 0 }],
  ['an instant that is no number', { requestedAtMs: Number.NaN }],
])('an earlier attempt of %s is not read', (_, change) => {
  const attempt = { row: 4, processor: 1, requestedAtMs: 9, ...change }
  expect(readChunks(chunksOf({ ...whole, earlier: [attempt] })).problem).toMatch('an earlier attempt')
})

/** A chunk of rows with one field overwritten. */
function replaced(
  chunk: Uint8Array,
  { count }: PaymentColumns,
  column: Exclude<keyof PaymentColumns, 'count' | 'ids'>,
  row: number,
  value: number,
): Uint8Array {
  const view = viewOf(chunk)
  if (view.getUint32(4, true) !== 6) return chunk
  const start = chunkHeaderBytes + 4 + count * 16
  if (column === 'amountCents') view.setUint32(start + row * 4, value, true)
  if (column === 'acceptedAtMs') view.setFloat64(start + count * 4 + row * 8, value, true)
  if (column === 'states') view.setUint8(start + count * 12 + row, value)
  if (column === 'processors') view.setInt8(start + count * 13 + row, value)
  if (column === 'requestedAtMs') view.setFloat64(start + count * 14 + row * 8, value, true)
  if (column === 'reasons') view.setUint8(start + count * 22 + row, value)
  return chunk
}

test('a chunk that is missing, twice or out of order is a problem', () => {
  const chunks = chunksOf(imageOf(sample, ['other', 'a', 'b'], 7))
  expect(chunks.length).toBeGreaterThan(5)
  for (let index = 0; index < chunks.length; index += 1) {
    const [before, own, after] = [
      chunks.slice(0, index),
      chunks.slice(index, index + 1),
      chunks.slice(index + 1),
    ]
    expect(readChunks([...before, ...after]).problem).toBeDefined()
    if (index < chunks.length - 1)
      expect(readChunks([...before, ...own, ...own, ...after]).problem).toBeDefined()
  }
  expect(readChunks([...chunks.slice(1, 2), ...chunks.slice(0, 1), ...chunks.slice(2)]).problem).toBeDefined()
})

test('reading a chunk of any bytes ends with a problem or a sound image', () => {
  const chunk = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 120 }))
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 4 }), chunks => {
      const reader = new ImageReader(2)
      let problem: string | undefined
      for (const [index, [kind, payload]] of chunks.entries()) problem ??= reader.chunk(kind, payload, index)
      // An image that was read without a problem can be written.
      if (problem === undefined && chunks.length > 0) expect(() => chunksOf(reader.image)).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})
