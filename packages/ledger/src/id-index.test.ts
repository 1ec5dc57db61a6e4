import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Columns } from './columns.ts'
import { IdIndex } from './id-index.ts'

function makeIndex(seed = 1): { index: IdIndex; columns: Columns; add: (id: Uint8Array) => number } {
  const columns = new Columns()
  const index = new IdIndex(columns, seed)
  const add = (id: Uint8Array) => {
    index.insert(id, 0, columns.count)
    return columns.append(id, 0)
  }
  return { index, columns, add }
}

test('every id is found at its row and no other id is found', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uint8Array({ minLength: 16, maxLength: 16 }), { selector: String, maxLength: 100 }),
      fc.maxSafeInteger(),
      (ids, seed) => {
        const { index, add } = makeIndex(seed)
        const kept = ids.filter((_, at) => at % 2 === 0)
        for (const id of kept) add(id)
        for (const [row, id] of kept.entries()) expect(index.find(id, 0)).toBe(row)
        for (const id of ids.filter((_, at) => at % 2 === 1)) expect(index.find(id, 0)).toBe(-1)
        index.checkInvariants()
      },
    ),
  )
})

test('an id that has a row gets no second row', () => {
  const { index, add } = makeIndex()
  const ids = Array.from({ length: 200 }, (_, number) => new Uint8Array(16).fill(number))
  for (const id of ids) add(id)
  for (const id of ids) expect(() => add(id)).toThrow('accepted once')
  index.checkInvariants()
})

test('the index grows through many doublings and forgets all ids on clear', () => {
  const { index, columns, add } = makeIndex()
  const id = new Uint8Array(16)
  const view = new DataView(id.buffer)
  for (let number = 0; number < 100_000; number += 1) {
    view.setUint32(0, number)
    if (index.find(id, 0) !== -1) throw new Error(`found before it was added: ${number}`)
    add(id)
  }
  index.checkInvariants()
  columns.clear()
  index.clear()
  expect(index.find(id, 0)).toBe(-1)
  index.checkInvariants()
})
