import { expect, test } from 'vitest'
import { VirtualTime } from './virtual-time.ts'

function timeline() {
  const time = new VirtualTime()
  const happened: string[] = []
  return { time, happened, note: (word: string) => () => happened.push(`${word} ${time.nowMs}`) }
}

test('timers run at their times, those of one moment in the order in which they were set', () => {
  const { time, happened, note } = timeline()
  time.after(20, note('late'))
  time.after(10, note('first'))
  time.after(10, note('second'))
  time.pass(19)
  expect(happened).toEqual(['first 10', 'second 10'])
  time.pass(1)
  expect(happened.at(-1)).toBe('late 20')
  expect([time.nowMs, time.isIdle]).toEqual([20, true])
})

test('what is put off to the end of a turn runs after the timers of that moment', () => {
  const { time, happened, note } = timeline()
  time.after(5, () => time.soon(note('soon')))
  time.after(5, note('timer'))
  time.pass(5)
  expect(happened).toEqual(['timer 5', 'soon 5'])
})

test('a turn does not run what is put off during it, and settling does', () => {
  const { time, happened, note } = timeline()
  time.soon(() => time.soon(note('second turn')))
  time.turn()
  expect(happened).toEqual([])
  time.settle()
  expect(happened).toEqual(['second turn 0'])
})

test('a timer that repeats runs at each interval until it is cancelled, from within it too', () => {
  const { time, happened, note } = timeline()
  const cancel = time.every(10, () => {
    note('tick')()
    if (happened.length === 3) cancel()
  })
  time.pass(100)
  expect(happened).toEqual(['tick 10', 'tick 20', 'tick 30'])
  expect(time.timerCount).toBe(0)
})

test('a cancelled timer is gone, and cancelling it again does nothing', () => {
  const { time, happened, note } = timeline()
  const cancel = time.after(10, note('never'))
  time.after(10, note('other'))
  cancel()
  cancel()
  time.pass(10)
  expect(happened).toEqual(['other 10'])
})
