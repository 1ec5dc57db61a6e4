import { expect, test } from 'vitest'
import { addTally, emptyTally, faultKinds, lineFaults } from './tally.ts'

test('a tally begins with nothing, of every kind of fault', () => {
  const tally = emptyTally()
  expect(Object.keys(tally.faults)).toEqual([...faultKinds])
  expect(new Set(faultKinds).size).toBe(faultKinds.length)
  for (const fault of lineFaults) expect(faultKinds).toContain(fault)
  const { faults, ...counts } = tally
  expect([...Object.values(faults), ...Object.values(counts)].every(count => count === 0)).toBe(true)
})

test('the sum of two has every count of both, and leaves the second alone', () => {
  const [sum, more] = [emptyTally(), emptyTally()]
  const names = Object.keys(more).filter(name => name !== 'faults') as Exclude<keyof typeof more, 'faults'>[]
  names.forEach((name, index) => {
    more[name] = index + 1
  })
  faultKinds.forEach((kind, index) => {
    more.faults[kind] = 100 + index
  })
  const before = structuredClone(more)
  addTally(sum, more)
  addTally(sum, more)
  names.forEach((name, index) => {
    expect([name, sum[name]]).toEqual([name, 2 * (index + 1)])
  })
  faultKinds.forEach((kind, index) => {
    expect([kind, sum.faults[kind]]).toEqual([kind, 2 * (100 + index)])
  })
  expect(more).toEqual(before)
})
