import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Columns } from './columns.ts'
import { IdIndex } from './id-index.ts'

function makeIndex(seed = 1) {
  const columns = new Columns()
  const index = new IdIndex(columns, seed)
  const add = (id: Uint8Array) => {
    index.insert(id, 0, columns.count)
    return columns.append(id, 0)
  }
  const check = () =>
    index.checkInvariants([...columns.rows()], row => [columns.segment(row).ids, columns.idOffset(row)])
  return { index, columns, add, check }
}

test('every id is found at its row and no other id is found', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uint8Array({ minLength: 16, maxLength: 16 }), { selector: String, maxLength: 100 }),
      fc.maxSafeInteger(),
      (ids, seed) => {
        const { index, add, check } = makeIndex(seed)
        const kept = ids.filter((_, at) => at % 2 === 0)
        for (const id of kept) add(id)
        for (const [row, id] of kept.entries()) expect(index.find(id, 0)).toBe(row)
        for (const id of ids.filter((_, at) => at % 2 === 1)) expect(index.find(id, 0)).toBe(-1)
        check()
      },
    ),
  )
})

test('of ids that share slots, exactly those that were not removed are found, in any order of inserts and removals', () => {
  // So many ids of one byte that each shard in use has several, some of them at its end.
  const change = fc.tuple(fc.boolean(), fc.nat(255), fc.nat(39))
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 100, maxLength: 600, size: 'max' }),
      fc.maxSafeInteger(),
      (changes, seed) => {
        const ids: Uint8Array[] = []
        const table = { idEquals: (number: number, id: Uint8Array) => String(ids[number]) === String(id) }
        const index = new IdIndex(table, seed)
        const numbers = new Map<string, number>()
        for (const [isInsert, byte, other] of changes) {
          const id = new Uint8Array(16).fill(byte).fill(other, 8)
          const known = numbers.get(String(id))
          if (isInsert && known === undefined) {
            index.insert(id, 0, ids.push(id) - 1)
            numbers.set(String(id), ids.length - 1)
          } else if (known !== undefined) {
            index.remove(id, 0)
            numbers.delete(String(id))
            expect(() => index.remove(id, 0)).toThrow('is there')
          }
        }
        index.checkInvariants(numbers.values(), number => [ids[number] ?? new Uint8Array(16), 0])
        for (const id of ids) expect(index.find(id, 0)).toBe(numbers.get(String(id)) ?? -1)
      },
    ),
  )
})

test('an id that has a row gets no second row', () => {
  const { add, check } = makeIndex()
  const ids = Array.from({ length: 200 }, (_, number) => new Uint8Array(16).fill(number))
  for (const id of ids) add(id)
  for (const id of ids) expect(() => add(id)).toThrow('accepted once')
  check()
})

test('the index grows through many doublings and forgets all ids on clear', () => {
  const { index, columns, add, check } = makeIndex()
  const id = new Uint8Array(16)
  const view = new DataView(id.buffer)
  for (let number = 0; number < 100_000; number += 1) {
    view.setUint32(0, number)
    if (index.find(id, 0) !== -1) throw new Error(`found before it was added: ${number}`)
    add(id)
  }
  check()
  columns.clear()
  index.clear()
  expect(index.find(id, 0)).toBe(-1)
  check()
})
