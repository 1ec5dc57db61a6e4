import { afterEach, expect, test, vi } from 'vitest'
import { onStopSignals } from './stop-signals.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('one Ctrl-C that arrives twice, from the terminal and from npm, is one; a later one is a second', () => {
  let nowMs = 1_000
  vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
  let [firsts, seconds] = [0, 0]
  const forget = onStopSignals(
    () => {
      firsts += 1
    },
    () => {
      seconds += 1
    },
  )
  process.emit('SIGINT')
  nowMs += 20
  process.emit('SIGINT')
  expect([firsts, seconds]).toEqual([1, 0])
  nowMs += 2_000
  process.emit('SIGINT')
  expect([firsts, seconds]).toEqual([1, 1])
  forget()
  expect(process.listenerCount('SIGHUP')).toBe(0)
})
