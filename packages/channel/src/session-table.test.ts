import { expect, test } from 'vitest'
import { SessionTable } from './session-table.ts'

test('the session used longest ago is forgotten first', () => {
  const table = new SessionTable(2)
  table.record('a', 1)
  table.record('b', 2)
  table.record('a', 3)
  table.record('c', 4)
  expect(table.count).toBe(2)
  expect([table.lastSequence('a'), table.lastSequence('b'), table.lastSequence('c')]).toEqual([
    3,
    undefined,
    4,
  ])
})

test('a session that goes back is a bug', () => {
  const table = new SessionTable(2)
  table.record('a', 5)
  expect(() => table.record('a', 4)).toThrow('does not go back')
})
