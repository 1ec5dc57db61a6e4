import { expect, test } from 'vitest'
import { readableLine } from './readable-line.ts'

const time = new Date(2026, 10, 30, 5, 6, 7).getTime()
const log = { level: 40, time, pid: 1, hostname: 'h', name: 'coordinator' }

test('a log line is read with its clock time, level, message and fields', () => {
  const line = JSON.stringify({ ...log, count: 3, reason: 'answered 500', msg: 'a backlog' })
  expect(readableLine(line)).toBe('05:06:07 warn a backlog count=3 reason="answered 500"')
})

test('an error has its stack below', () => {
  const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at here' }
  expect(readableLine(JSON.stringify({ ...log, level: 50, err, msg: 'stop failed' }))).toBe(
    '05:06:07 error stop failed\n    Error: no\n        at here',
  )
})

test.each(['api: port taken', '{"level":40}', 'null', '', '{'])('%j is no log line, and stays', line => {
  expect(readableLine(line)).toBe(line)
})

test('nothing that a line carries moves the cursor', () => {
  const evil = '\x1b[2J\x07\r'
  for (const line of [evil, JSON.stringify({ ...log, msg: evil, reason: evil })])
    expect(readableLine(line)).not.toMatch(/\p{Cc}/u)
})
