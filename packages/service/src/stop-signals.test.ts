import { afterEach, describe, expect, test, vi } from 'vitest'
import { interruptible, onStopSignals } from './stop-signals.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('a Ctrl-C that arrives twice, from the terminal and from npm, counts once; a later one counts as a second', () => {
  let nowMs = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
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

describe('interruptible work', () => {
  test('ends with its own exit code, and its signal listeners are removed', async () => {
    expect(
      await interruptible(
        async () => 7,
        () => {},
      ),
    ).toBe(7)
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  test('is told of an interrupt; if it then rejects, the exit code is 130', async () => {
    let toldCount = 0
    const work = async (interrupt: AbortSignal) => {
      process.emit('SIGINT')
      // Under npm a second one follows at once.
      process.emit('SIGINT')
      interrupt.throwIfAborted()
      return 0
    }
    const tell = () => {
      toldCount += 1
    }
    expect(await interruptible(work, tell)).toBe(130)
    expect(toldCount).toBe(1)
  })

  test('may end in order all the same', async () => {
    const work = async () => {
      process.emit('SIGTERM')
      return 0
    }
    expect(await interruptible(work, () => {})).toBe(0)
  })

  test('that fails by itself is no interrupt', async () => {
    const fail = async () => {
      throw new Error('a bug')
    }
    await expect(interruptible(fail, () => {})).rejects.toThrow('a bug')
  })
})
