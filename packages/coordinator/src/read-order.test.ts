import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderKinds, readOrder } from './read-order.ts'

const id = '00000000-0000-0000-0000-000000000001'
const correlationId = new Uint8Array(16)
correlationId[15] = 1

test.each([
  ['resubmit', {}, { kind: 'resubmit' }],
  ['resolve', { outcome: 'notRecorded' }, { kind: 'resolve', ending: 'notRecorded' }],
  ['resolve', { outcome: 'recorded' }, { kind: 'resolve', ending: 'recorded' }],
  [
    'resolve',
    { outcome: 'recorded', processor: 'default', requestedAt: '1970-01-01T00:00:00.0079Z' },
    { kind: 'resolve', ending: 'recorded', processor: 'default', requestedAtMs: 7 },
  ],
] as const)('%s %j is an order', (kind, body, expected) => {
  expect(readOrder(id, kind, body)).toEqual({ ok: true, value: { ...expected, correlationId } })
})

test.each([
  ['resolve', {}, 'outcome'],
  ['resolve', { outcome: 'lost' }, 'outcome'],
  ['resolve', { outcome: 'notRecorded', processor: 'default' }, 'alone'],
  ['resolve', { outcome: 'recorded', processor: 7 }, 'processor'],
  ['resolve', { outcome: 'recorded', requestedAt: 7 }, 'requestedAt'],
  ['resolve', { outcome: 'recorded', requestedAt: 'yesterday' }, 'requestedAt'],
  ['resolve', { outcome: 'recorded', reqestedAt: '2026-11-29T12:00:00Z' }, 'reqestedAt'],
  ['resubmit', { outcome: 'recorded' }, 'outcome'],
  ['resubmit', [], 'object'],
  ['resubmit', null, 'object'],
] as const)('%s %j is no order, and the problem names the fault', (kind, body, word) => {
  expect(readOrder(id, kind, body)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  expect(readOrder(id, kind, body)).toMatchObject({ error: { detail: expect.stringContaining(word) } })
  expect(readOrder('x', kind, body)).toMatchObject({ error: { detail: expect.stringContaining('UUID') } })
})

test('any JSON is read as an order or as a problem', () => {
  fc.assert(
    fc.property(fc.constantFrom(...orderKinds), fc.string(), fc.jsonValue(), (kind, text, body) => {
      expect(readOrder(text, kind, body).ok).toBe(false)
      expect([true, false]).toContain(readOrder(id, kind, body).ok)
    }),
  )
})
