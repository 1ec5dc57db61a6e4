import { readInput } from '@rinha/openapi'
import { parseCorrelationId, parseInstantMs, printCents, readPaymentJson } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newPayment, publicOperations } from './index.ts'

/**
 * An API node reads its inputs with parsers written by hand, for speed. They must accept what the document describes:
 * inputs are made from the document's schemas, some are spoiled, and parser and schema must give the same verdict.
 */
const target = { correlationId: new Uint8Array(16), amountCents: 0 }
const isRead = (text: string) => readPaymentJson(new TextEncoder().encode(text), target) === undefined
const nothing = { params: {}, query: [], headers: {}, body: undefined }
const isDocumented = (body: unknown) => readInput(publicOperations.postPayment, { ...nothing, body }).ok

/** The JSON schema of a description. */
const saidOf = (schema: object | undefined) =>
  schema as { readonly pattern: string; readonly minimum: number; readonly maximum: number }
const amountSchema = saidOf(newPayment.properties.amount)
const id = fc.stringMatching(new RegExp(saidOf(newPayment.properties.correlationId).pattern))
/** Decimals of up to four digits: two are too many by the document. Past a million a validator's own doubles are not exact. */
const amount = fc.oneof(
  fc.integer({ min: 1, max: 100_000_000 }).map(cents => cents / 100),
  fc.integer({ min: -10_000, max: 100_000_000 }).map(parts => parts / 10_000),
  fc.integer({ min: -1, max: 2 * amountSchema.maximum }),
  fc.constantFrom(
    amountSchema.minimum,
    amountSchema.maximum,
    amountSchema.maximum + 0.01,
    0,
    -0,
    1e300,
    5e-324,
  ),
)
const anything = fc.jsonValue({ maxDepth: 2 })
const spoiledId = fc
  .tuple(id, fc.nat(35), fc.string({ maxLength: 2 }))
  .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1))
const body = fc
  .record(
    {
      correlationId: fc.oneof({ weight: 6, arbitrary: id }, spoiledId, anything),
      amount: fc.oneof({ weight: 6, arbitrary: amount }, amount.map(String), anything),
      note: anything,
    },
    { requiredKeys: [] },
  )
  .chain(members => fc.oneof({ weight: 9, arbitrary: fc.constant(members as unknown) }, anything))

test('a body is taken by a node if and only if the document has it', () => {
  const verdicts = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(body, fc.boolean(), (value, isIndented) => {
      const text = JSON.stringify(value, undefined, isIndented ? 2 : undefined)
      verdicts[isRead(text) ? 'taken' : 'refused'] += 1
      expect([text, isRead(text)]).toEqual([text, isDocumented(JSON.parse(text))])
    }),
    { numRuns: 3000 },
  )
  expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(300)
})

test('every amount of the document is read to its cent', () => {
  fc.assert(
    fc.property(
      id,
      fc.integer({ min: 100 * amountSchema.minimum, max: 100 * amountSchema.maximum }),
      (id, cents) => {
        expect(isRead(`{"correlationId":"${id}","amount":${printCents(cents)}}`)).toBe(true)
        expect(target.amountCents).toBe(cents)
      },
    ),
  )
})

test('a path has a payment’s id if and only if the document says so', () => {
  fc.assert(
    fc.property(fc.oneof(id, spoiledId, fc.string()), text => {
      const { ok } = readInput(publicOperations.getPayment, { ...nothing, params: { id: text } })
      expect([text, parseCorrelationId(text) !== undefined]).toEqual([text, ok])
    }),
  )
})

test('every end of a window that a node reads is valid by the document', () => {
  const { from } = publicOperations.getSummary.query.properties
  const instant = fc.stringMatching(new RegExp(saidOf(from).pattern))
  const spoiled = fc
    .tuple(instant, fc.nat(30), fc.string({ maxLength: 2 }))
    .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1))
  let readCount = 0
  fc.assert(
    fc.property(fc.oneof(instant, spoiled, fc.string()), text => {
      const { ok } = readInput(publicOperations.getSummary, { ...nothing, query: [['from', text]] })
      const isRead = parseInstantMs(text, 'down') !== undefined
      if (isRead) readCount += 1
      if (isRead) expect([text, ok]).toEqual([text, true])
    }),
    { numRuns: 1000 },
  )
  expect(readCount).toBeGreaterThan(100)
})
