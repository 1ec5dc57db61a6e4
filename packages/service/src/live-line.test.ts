import { expect, test } from 'vitest'
import { canWriteOver, LiveLine } from './live-line.ts'

test('messages scroll above the line, which stays last until it is removed', () => {
  const texts: string[] = []
  const live = new LiveLine({ write: text => texts.push(text) })
  live.write('first\n')
  live.show('0 queued')
  live.write('api1 ended\n')
  live.hide()
  live.hide()
  live.write('Stopping …\n')
  // The terminal does not wrap while the line is written, and wraps again behind it.
  const drawn = '\x1b[?7l0 queued\x1b[?7h'
  expect(texts).toEqual([
    'first\n',
    `\r\x1b[2K${drawn}`,
    `\r\x1b[2Kapi1 ended\n${drawn}`,
    '\r\x1b[2K',
    'Stopping …\n',
  ])
})

test.each([
  ['a terminal', true, { TERM: 'xterm-256color' }, true],
  ['a terminal of an unknown kind', true, {}, true],
  ['one that knows no cursor', true, { TERM: 'dumb' }, false],
  ['one of a build machine, which is a log', true, { TERM: 'xterm', CI: 'true' }, false],
  ['a pipe', false, { TERM: 'xterm' }, false],
])('a line is written over on %s: %s', (_, isTTY, environment, is) => {
  expect(canWriteOver({ isTTY, write: () => {} }, environment)).toBe(is)
})
