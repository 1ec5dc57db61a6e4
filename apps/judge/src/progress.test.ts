import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProgressWriter } from './progress.ts'

beforeEach(() => {
  vi.stubEnv('TERM', 'xterm')
  vi.stubEnv('CI', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const drawn = (line: string) => `\x1b[?7l${line}\x1b[?7h`

test('a terminal has its line written over each second, a log gets one every five', () => {
  const written = (isTTY: boolean) => {
    const texts: string[] = []
    let nowMs = 500
    const writer = new ProgressWriter({ isTTY, write: text => texts.push(text) }, () => nowMs)
    for (; nowMs <= 10_500; nowMs += 500) if (writer.isDue) writer.show('going on')
    return texts
  }
  expect(written(false)).toEqual(Array(3).fill('going on\n'))
  expect(written(true)).toEqual(Array(11).fill(`\r\x1b[2K${drawn('going on')}`))
})

test('a line that stays stands above the one that is written over, which is gone in the end', () => {
  const texts: string[] = []
  const writer = new ProgressWriter({ isTTY: true, write: text => texts.push(text) })
  writer.say('first')
  writer.show('going on')
  writer.say('second')
  writer.end()
  expect(texts).toEqual([
    'first\n',
    `\r\x1b[2K${drawn('going on')}`,
    `\r\x1b[2Ksecond\n${drawn('going on')}`,
    '\r\x1b[2K',
  ])
})
