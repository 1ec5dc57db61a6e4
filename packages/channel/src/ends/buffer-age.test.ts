import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { SendBuffer } from '../send-buffer.ts'
import { paymentId } from '../testing.ts'
import { BufferAge } from './buffer-age.ts'

const ageMsMax = 800

function aged() {
  const time = new VirtualTime()
  const buffer = new SendBuffer(100)
  const age = new BufferAge(ageMsMax, buffer, { timers: time, nowMs: () => time.nowMs })
  const offer = () => {
    buffer.offer(paymentId(buffer.lastSequence + 1), 1)
    age.onOffered()
  }
  /** Sends all buffered payments, and acknowledges those through `sequence`. */
  const acknowledge = (sequence: number) => {
    while (buffer.take(100, sequence) !== undefined);
    buffer.acknowledge(sequence)
    age.onAcknowledged()
  }
  return { age, offer, acknowledge, buffer, time }
}

test('the age is over once no payment has been acknowledged for the limit, until the next acknowledgement', () => {
  const { acknowledge, age, offer, time } = aged()
  offer()
  offer()
  time.pass(ageMsMax - 1)
  expect(age.isOver).toBe(false)
  time.pass(1)
  expect(age.isOver).toBe(true)
  time.pass(10 * ageMsMax)
  expect(age.isOver).toBe(true)
  acknowledge(1)
  expect(age.isOver).toBe(false)
  time.pass(ageMsMax - 1)
  expect(age.isOver).toBe(false)
  time.pass(1)
  expect(age.isOver).toBe(true)
})

test('each acknowledgement restarts the age, also while more payments come than are acknowledged', () => {
  const { acknowledge, age, offer, time } = aged()
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    offer()
    offer()
    time.pass(ageMsMax - 100)
    acknowledge(sequence)
    expect(age.isOver).toBe(false)
  }
})

test('a repeated acknowledgement does not restart the age', () => {
  const { acknowledge, age, offer, time } = aged()
  offer()
  offer()
  acknowledge(1)
  time.pass(ageMsMax - 100)
  acknowledge(1)
  time.pass(100)
  expect(age.isOver).toBe(true)
})

test('an empty buffer has no age, and costs no timer', () => {
  const { acknowledge, age, buffer, offer, time } = aged()
  time.pass(10 * ageMsMax)
  expect(age.isOver).toBe(false)
  offer()
  acknowledge(1)
  expect(buffer.count).toBe(0)
  time.pass(10 * ageMsMax)
  expect([age.isOver, time.isIdle]).toEqual([false, true])
  offer()
  time.pass(ageMsMax)
  expect(age.isOver).toBe(true)
})

test('after a stop there is no timer', () => {
  const { age, offer, time } = aged()
  offer()
  age.stop()
  time.pass(ageMsMax)
  expect([age.isOver, time.isIdle]).toEqual([false, true])
})

test('the age of the oldest payment is known to 50 ms, also after payments before it were acknowledged', () => {
  const { acknowledge, age, offer, time } = aged()
  expect(age.oldestMs).toBe(0)
  for (let sent = 0; sent < 30; sent += 1) {
    offer()
    time.pass(10)
  }
  expect(age.oldestMs).toBe(300)
  for (const through of [7, 8, 17, 29]) {
    acknowledge(through)
    const ageMs = 300 - 10 * through
    expect(age.oldestMs).toBeGreaterThanOrEqual(ageMs)
    expect(age.oldestMs).toBeLessThan(ageMs + 50)
  }
  acknowledge(30)
  expect(age.oldestMs).toBe(0)
  time.pass(100)
  offer()
  time.pass(5)
  expect(age.oldestMs).toBe(5)
})
