import { ok } from '@rinha/base'
import { processorCountMax } from '@rinha/payment'
import fc from 'fast-check'
import { pack } from 'msgpackr'
import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage } from './codec.ts'
import { frameHeaderBytes, paymentsPerFrameMax, protocolVersion, reasonCharsMax } from './limits.ts'
import { messageArbitrary } from './messages.arbitrary.ts'
import type { OutgoingMessage } from './messages.ts'

const payloadOf = (message: OutgoingMessage) =>
  new Uint8Array(encodeMessage(message)).subarray(frameHeaderBytes)
const nothing = new Uint8Array(0)
const bytes16 = new Uint8Array(16)
const bytes32 = new Uint8Array(32)
const record = (amountCents: number) => {
  const written = new Uint8Array(24)
  new DataView(written.buffer).setBigUint64(16, BigInt(amountCents))
  return written
}

test('every message comes back as it was sent, with its length in front', () => {
  fc.assert(
    fc.property(messageArbitrary, message => {
      const frame = encodeMessage(message)
      expect(new DataView(frame.buffer, frame.byteOffset).getUint32(0)).toBe(frame.length - frameHeaderBytes)
      expect(decodeMessage(payloadOf(message))).toEqual(ok(message))
    }),
    { numRuns: 300 },
  )
})

test('a full PAYMENTS frame and a full summary fit their limits', () => {
  const records = new Uint8Array(paymentsPerFrameMax * 24)
  for (let index = 0; index < paymentsPerFrameMax; index += 1) records.set(record(index + 1), index * 24)
  const payments: OutgoingMessage = { type: 'payments', firstSequence: 2 ** 40, records, isAwaited: false }
  expect(decodeMessage(payloadOf(payments))).toEqual(ok(payments))
  const row = { processor: 'p'.repeat(64), count: 2 ** 50, amountCents: 2 ** 52 }
  const summary: OutgoingMessage = {
    type: 'reply',
    id: 7,
    kind: 'summary',
    result: ok({ totals: Array.from({ length: processorCountMax }, () => row), completeUpToMs: 2 ** 40 }),
  }
  expect(decodeMessage(payloadOf(summary))).toEqual(ok(summary))
})

test.each<[string, unknown, string]>([
  ['an empty array', [], 'unknown message'],
  ['an unknown code', [14], 'unknown message'],
  ['a code that is a text', ['hello'], 'unknown message'],
  ['a map', new Map([[1, 2]]), 'not an array'],
  ['a number', 10, 'not an array'],
  ['a field too many', [10, 0], 'heartbeat: 1 fields too many'],
  ['a field too few', [7, 5, 5], 'ack: windowCount'],
  ['a negative sequence', [7, -1, 0], 'ack: sequence'],
  ['a sequence with a fraction', [7, 1.5, 0], 'ack: sequence'],
  ['a sequence that is not a number', [7, Number.NaN, 0], 'ack: sequence'],
  ['a sequence past what a double holds', [7, 2n ** 63n, 0], 'ack: sequence'],
  ['a window past 32 bits', [7, 0, 0, 2 ** 32], 'ack: windowCount'],
  ['a text for a number', [7, '5', 0], 'ack: sequence'],
  ['no payment', [6, 1, nothing], 'no payment'],
  ['half a record', [6, 1, new Uint8Array(36)], 'not a multiple of 24 bytes'],
  ['sequence zero', [6, 0, record(1)], 'payments: firstSequence'],
  ['an amount of zero', [6, 1, record(0)], 'amountCents of payment 0'],
  ['an amount past the maximum', [6, 1, record(1_000_000_001)], 'amountCents of payment 0'],
  ['an amount past 32 bits', [6, 1, record(2 ** 32 + 1)], 'amountCents of payment 0'],
  ['a payment too many', [6, 1, new Uint8Array((paymentsPerFrameMax + 1) * 24).fill(1)], 'payments: records'],
  ['a name with a space', [1, protocolVersion, 'api 1', bytes16, bytes32, 0, 1000], 'hello: nodeName'],
  ['a name of 65', [1, protocolVersion, 'a'.repeat(65), bytes16, bytes32, 0, 1000], 'hello: nodeName'],
  [
    'a short session id',
    [1, protocolVersion, 'api', new Uint8Array(15), bytes32, 0, 1000],
    'hello: sessionId',
  ],
  [
    'a buffer of less than nothing',
    [1, protocolVersion, 'api', bytes16, bytes32, 0, -1, bytes16, 1000],
    'hello: bufferCountMax',
  ],
  [
    'a heartbeat too quick',
    [1, protocolVersion, 'api', bytes16, bytes32, 0, 5, bytes16, 9],
    'hello: heartbeatMs',
  ],
  [
    'a heartbeat too slow',
    [1, protocolVersion, 'api', bytes16, bytes32, 0, 5, bytes16, 60_001],
    'hello: heartbeatMs',
  ],
  [
    'a shard that there is not',
    [1, protocolVersion, 'api', bytes16, bytes32, 0, 5, bytes16, 1000, 4, 4],
    'hello: shardCount',
  ],
  [
    'a shard past the last',
    [1, protocolVersion, 'api', bytes16, bytes32, 0, 5, bytes16, 1000, 64, 65],
    'hello: shard',
  ],
  ['a challenge of another version', [2, protocolVersion + 1, bytes32, bytes32], 'challenge: version'],
  ['an unknown refusal', [5, 'whim', ''], 'refuse: code'],
  ['a reason too long', [11, 'x'.repeat(reasonCharsMax + 1)], 'goodbye: reason'],
  ['an unknown request', [8, 1, 'drop', []], 'request: kind'],
  ['params that are no list', [8, 1, 'purge', null], 'request: params: not a list'],
  ['params too many', [8, 1, 'purge', [1]], 'request: params: 1 fields too many'],
  ['a bound that is a text', [8, 1, 'summary', [null, 'now']], 'request: params: toMs'],
  ['a short correlationId', [8, 1, 'status', [new Uint8Array(15)]], 'request: params: correlationId'],
  ['a reply that is neither', [9, 1, 'purge', 1, []], 'reply: ok'],
  ['an unknown state', [9, 1, 'status', true, ['lost', 1]], 'reply: result: state'],
  ['a settlement of nothing', [9, 1, 'status', true, ['settled', 0, 'p', 1]], 'reply: result: amountCents'],
  ['a row without a name', [9, 1, 'summary', true, [[['', 1, 1]]]], 'reply: result'],
  ['an unknown kind of ids', [8, 1, 'ledgerIds', ['all', 'p', 0, 1, 1, 0]], 'request: params: kind'],
  ['more ids than a frame takes', [8, 1, 'ledgerIds', ['openAt', 'p', 0, 1, 1001, 0]], 'params: countMax'],
  ['half an id', [9, 1, 'ledgerIds', true, [new Uint8Array(24), null]], 'result: ids are not whole records'],
  [
    'a payment at a processor without a name',
    [9, 1, 'ledgerSum', true, [0, 0, false, [], new Uint8Array(19)]],
    'reply: result: known',
  ],
  [
    'a payment in no state',
    [9, 1, 'ledgerSum', true, [0, 0, false, ['p'], new Uint8Array(19).fill(6, 0, 1)]],
    'reply: result: known',
  ],
  ['an instant before all', [9, 1, 'summary', true, [[], -1]], 'reply: result: completeUpToMs'],
  ['a row too short', [9, 1, 'summary', true, [['default', 1]]], 'reply: result'],
])('%s is refused, naming what is wrong', (_, values, problem) => {
  const decoded = decodeMessage(new Uint8Array(pack(values)))
  expect(decoded.ok).toBe(false)
  if (!decoded.ok) expect(decoded.error).toContain(problem)
})

test('a HELLO of another version is recognized by its version, whatever else is in it', () => {
  expect(decodeMessage(new Uint8Array(pack([1, protocolVersion + 1, 'anything', ['at', 'all']])))).toEqual(
    ok({ type: 'foreignHello', version: protocolVersion + 1 }),
  )
})

test('a reason that is too long is clipped when it is encoded', () => {
  const decoded = decodeMessage(payloadOf({ type: 'goodbye', reason: 'x'.repeat(10_000) }))
  expect(decoded).toMatchObject({ ok: true, value: { type: 'goodbye' } })
})

test('a wrong value from a caller fails an assertion, and makes no frame', () => {
  const row = { processor: '', count: 1, amountCents: 1 }
  const result = ok({ totals: [row], completeUpToMs: null })
  expect(() => encodeMessage({ type: 'reply', id: 1, kind: 'summary', result })).toThrow('valid')
  const params = { fromMs: 0.5, toMs: null }
  expect(() => encodeMessage({ type: 'request', id: 1, kind: 'summary', params })).toThrow('valid')
})

test('any garbage decodes to an error or a message, and the next good message still decodes', () => {
  const mutated = fc
    .tuple(messageArbitrary, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
    .map(([message, changes]) => {
      const payload = new Uint8Array(payloadOf(message))
      for (const [at, byte] of changes) payload[at % payload.length] = byte
      return payload
    })
  const truncated = fc
    .tuple(messageArbitrary, fc.nat())
    .map(([message, at]) => payloadOf(message).slice(0, at % payloadOf(message).length))
  const garbage = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated, truncated)
  fc.assert(
    fc.property(garbage, messageArbitrary, (bytes, message) => {
      const decoded = decodeMessage(bytes)
      if (decoded.ok && decoded.value.type !== 'foreignHello') {
        expect(decodeMessage(payloadOf(decoded.value))).toEqual(decoded)
      }
      expect(decodeMessage(payloadOf(message))).toEqual(ok(message))
    }),
    { numRuns: 600 },
  )
})

test('a truncated message is never a message', () => {
  fc.assert(
    fc.property(messageArbitrary, message => {
      const payload = payloadOf(message)
      for (let length = 0; length < payload.length; length += 1) {
        expect(decodeMessage(payload.slice(0, length)).ok).toBe(false)
      }
    }),
    { numRuns: 60 },
  )
})
