import { expect, test } from 'vitest'
import { parseCoordinators, printCoordinators } from './coordinator-list.ts'

test('coordinators are addresses with commas between', () => {
  const list = 'coordinator-1:9400,10.0.0.2:9400,[::1]:9401'
  const read = parseCoordinators(list) ?? []
  expect(read[0]?.[1]).toEqual({ host: '10.0.0.2', port: 9400 })
  expect(printCoordinators(read)).toBe(list)
  expect(parseCoordinators('')).toEqual([])
})

test('the coordinators of shards have semicolons between', () => {
  const list = 'a:9400,b:9400;a:9401,b:9401'
  const read = parseCoordinators(list) ?? []
  expect(read.map(candidates => candidates.map(({ port }) => port))).toEqual([
    [9400, 9400],
    [9401, 9401],
  ])
  expect(printCoordinators(read)).toBe(list)
})

test.each([
  'a',
  'a:0',
  'a:70000',
  'a:1,',
  'a:1,a:1',
  ':1',
  'http://a:1',
  'a:1 b:2',
  'a:1;',
  ';a:1',
  'a:1;;b:1',
  'a:1;a:1',
  'a:1,b:1;b:1',
])('%s is not a list of coordinators', list => expect(parseCoordinators(list)).toBeUndefined())
