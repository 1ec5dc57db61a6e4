import { expect, test } from 'vitest'
import { ProgressWriter } from './progress.ts'

test('a terminal has its line written over each second, a log gets one every five', () => {
  const written = (isTTY: boolean) => {
    const texts: string[] = []
    let nowMs = 500
    const stream = { isTTY, columns: 10, write: (text: string) => texts.push(text) }
    const writer = new ProgressWriter(stream, () => nowMs)
    for (; nowMs <= 10_500; nowMs += 500) if (writer.isDue) writer.show('0123456789ABC')
    writer.say('stays')
    return texts
  }
  expect(written(false)).toEqual(['0123456789ABC\n', '0123456789ABC\n', '0123456789ABC\n', 'stays\n'])
  const terminal = written(true)
  expect(terminal).toHaveLength(13)
  expect(terminal[0]).toBe('\r\x1b[2K012345678')
  expect(terminal.slice(-2)).toEqual(['\n', 'stays\n'])
})

test('a line that stays does not stand behind one that is written over', () => {
  const texts: string[] = []
  const writer = new ProgressWriter({ isTTY: true, write: text => texts.push(text) })
  writer.say('first')
  writer.show('going on')
  writer.say('second')
  writer.end()
  expect(texts).toEqual(['first\n', '\r\x1b[2Kgoing on', '\n', 'second\n'])
})
