import { expect, test } from 'vitest'
import { reaches, readAckPreference } from './ack-level.ts'

test.each([
  ['ack=queued', 'queued'],
  ['ACK=Received', 'received'],
  ['ack=journaled;strict', 'journaled'],
  ['respond-async, ack="queued"; wait=1, ack=received', 'queued'],
  ['ack = queued', 'queued'],
  ['', undefined],
  ['ack', undefined],
  ['ack=', undefined],
  ['ack=twice', undefined],
  ['ack=queuedly', undefined],
  ['back=queued', undefined],
  ['ack="queued', undefined],
])('Prefer: %s asks for %s', (prefer, level) => {
  expect(readAckPreference(prefer)).toBe(level)
})

test('a level contains the ones before it', () => {
  expect([
    reaches('journaled', 'received'),
    reaches('queued', 'queued'),
    reaches('queued', 'journaled'),
  ]).toEqual([true, true, false])
})
