import { expect, test } from 'vitest'
import { Liveness } from './liveness.ts'

test('an end sends a heartbeat in every interval in which it has sent nothing else', () => {
  const liveness = new Liveness()
  liveness.onReceived()
  expect(liveness.tick()).toBe('speak')
  liveness.onSent()
  expect(liveness.tick()).toBe('quiet')
  expect(liveness.tick()).toBe('speak')
})

test('a peer is lost after three whole intervals of silence, and not before', () => {
  const liveness = new Liveness()
  for (let tick = 0; tick < 3; tick += 1) expect(liveness.tick()).not.toBe('lost')
  expect(liveness.tick()).toBe('lost')
})

test('one byte just before the end of three whole intervals of silence keeps the peer', () => {
  const liveness = new Liveness()
  for (let round = 0; round < 5; round += 1) {
    for (let tick = 0; tick < 3; tick += 1) expect(liveness.tick()).not.toBe('lost')
    liveness.onReceived()
  }
})
