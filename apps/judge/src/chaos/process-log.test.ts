import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { temporaryDirectory } from '@rinha/testing'
import { beforeEach, expect, test } from 'vitest'
import { memoryBytesPeak, ProcessLog } from './process-log.ts'

let directory: string
let lost: string[]
let log: ProcessLog

beforeEach(() => {
  directory = temporaryDirectory()
  lost = []
  log = new ProcessLog(directory, name => lost.push(name))
})

const written = (name: string) => readFileSync(join(directory, `${name}.log`), 'utf8')

test('each process has a file of its own, and a process that says that payments were lost is reported', () => {
  log.write('api1', 'serving')
  log.write('api2', '{"lostCount":0}')
  log.write('api1', '{"msg":"gone","lostCount":12}')
  expect(written('api1')).toBe('serving\n{"msg":"gone","lostCount":12}\n')
  expect(written('api2')).toBe('{"lostCount":0}\n')
  log.write(
    'coordinator',
    '{"queuedCount":3,"inFlightCount":0,"msg":"stopped; the next start goes on with these"}',
  )
  expect(lost).toEqual(['api1'])
  log.write('coordinator', '{"queuedCount":3,"inFlightCount":0,"msg":"stopped; these are lost"}')
  expect(lost).toEqual(['api1', 'coordinator'])
})

test('the file of a process that writes too much is cut short once, and its lines are still read', () => {
  const line = 'x'.repeat(8 * 2 ** 20)
  for (let count = 0; count < 10; count += 1) log.write('api1', line)
  expect(written('api1').length).toBeLessThan(64 * 2 ** 20)
  expect(written('api1')).toMatch(/x\nnothing more is written: it has written \d+ bytes\n$/)
  log.write('api1', '{"lostCount":1}')
  expect(lost).toEqual(['api1'])
})

test('a running process has a peak of memory, and a process that is gone has none', () => {
  expect(memoryBytesPeak(process.pid)).toBeGreaterThan(10 * 2 ** 20)
  expect(memoryBytesPeak(undefined)).toBeUndefined()
  expect(memoryBytesPeak(2 ** 30)).toBeUndefined()
})
