import { expect, test } from 'vitest'
import { reaches } from './ack-level.ts'
import { readAckPreference, readWaitPreference } from './prefer.ts'

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

test.each([
  ['wait=5', 5],
  ['ack=queued, WAIT = "30" ; x', 30],
  ['wait=5, wait=6', 5],
  ['wait', 0],
  ['wait=-1', 0],
  ['wait=1.5', 0],
  ['await=5', 0],
  ['', 0],
])('"Prefer: %s" waits for %d seconds', (prefer, seconds) => {
  expect(readWaitPreference(prefer)).toBe(seconds)
})
