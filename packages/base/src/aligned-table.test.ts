import { expect, test } from 'vitest'
import { alignedTable } from './aligned-table.ts'

const rows = [
  ['file', 'bytes', 'note'],
  ['a', '12,345', 'x'],
  ['long name', '1', ''],
]

test('the first column stands to the left, the others to the right, and no line ends in spaces', () => {
  expect(alignedTable(rows)).toEqual([
    'file        bytes  note',
    'a          12,345     x',
    'long name       1',
  ])
})

test('each column may be told its side', () => {
  expect(alignedTable(rows, 'rll')).toEqual([
    '     file  bytes   note',
    '        a  12,345  x',
    'long name  1',
  ])
})

test('a row may be shorter or longer than the first', () => {
  expect(alignedTable([['a'], ['b', 'c', 'd'], []])).toEqual(['a', 'b  c  d', ''])
})
