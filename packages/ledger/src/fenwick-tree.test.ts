import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FenwickTree } from './fenwick-tree.ts'

test('prefixes equal a running sum after any pushes and changes', () => {
  const change = fc.record({ index: fc.nat(), by: fc.integer({ min: -1000, max: 1000 }) })
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 70 }), fc.array(change), (values, changes) => {
      const tree = new FenwickTree()
      const model: number[] = []
      for (const value of values) {
        tree.push(value)
        model.push(value)
      }
      for (const { index, by } of model.length > 0 ? changes : []) {
        tree.add(index % model.length, by)
        model[index % model.length] = (model[index % model.length] ?? 0) + by
      }
      let sum = 0
      expect(tree.prefix(0)).toBe(0)
      for (const [index, value] of model.entries()) {
        sum += value
        expect(tree.prefix(index + 1)).toBe(sum)
      }
    }),
  )
})

test('values from before a clear leave no trace', () => {
  const tree = new FenwickTree()
  for (let value = 1; value <= 9; value += 1) tree.push(value)
  tree.clear()
  for (let value = 0; value < 9; value += 1) tree.push(1)
  expect(tree.prefix(8)).toBe(8)
  expect(() => tree.prefix(10)).toThrow('prefix')
  expect(() => tree.add(9, 1)).toThrow('index')
})
