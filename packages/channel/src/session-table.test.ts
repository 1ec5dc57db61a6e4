import { expect, test } from 'vitest'
import { SessionTable } from './session-table.ts'

test('the session used longest ago is forgotten first', () => {
  const table = new SessionTable(2)
  const [a, b, c] = [1, 2, 3].map(sequence => ({ lastSequence: sequence, keptSequence: 0 }))
  for (const [id, session] of [
    ['a', a],
    ['b', b],
    ['a', a],
    ['c', c],
  ] as const)
    if (session) table.use(id, session)
  expect(table.count).toBe(2)
  expect(['a', 'b', 'c'].map(id => table.find(id)?.lastSequence)).toEqual([1, undefined, 3])
})
