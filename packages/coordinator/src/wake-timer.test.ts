import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { WakeTimer } from './wake-timer.ts'

function timerIn(time: VirtualTime) {
  const wokenAtMs: number[] = []
  return { timer: new WakeTimer(time, () => wokenAtMs.push(time.nowMs)), wokenAtMs }
}

test('the timer wakes at the earliest moment that was asked for, once', () => {
  const time = new VirtualTime()
  const { timer, wokenAtMs } = timerIn(time)
  for (const atMs of [50, 20, 30]) timer.ask(atMs, 0)
  time.pass(100)
  expect(wokenAtMs).toEqual([20])
  timer.ask(150, time.nowMs)
  time.pass(100)
  expect(wokenAtMs).toEqual([20, 150])
})

test('the timer wakes a millisecond from now at the earliest, and rounds fractions up', () => {
  const time = new VirtualTime()
  const { timer, wokenAtMs } = timerIn(time)
  timer.ask(-5, 0)
  time.pass(1)
  timer.ask(time.nowMs + 2.3, time.nowMs)
  time.pass(10)
  expect(wokenAtMs).toEqual([1, 4])
})

test('asking for Infinity sets no timer, and cancels none', () => {
  const time = new VirtualTime()
  const { timer, wokenAtMs } = timerIn(time)
  timer.ask(Number.POSITIVE_INFINITY, 0)
  expect(time.timerCount).toBe(0)
  timer.ask(10, 0)
  timer.ask(Number.POSITIVE_INFINITY, 0)
  time.pass(10)
  expect(wokenAtMs).toEqual([10])
})

test('a cancelled timer does not wake, and can be asked again', () => {
  const time = new VirtualTime()
  const { timer, wokenAtMs } = timerIn(time)
  timer.ask(10, 0)
  timer.cancel()
  time.pass(20)
  expect(wokenAtMs).toEqual([])
  timer.ask(60, time.nowMs)
  time.pass(50)
  expect(wokenAtMs).toEqual([60])
})
