import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { Candidates } from './candidates.ts'

const three = () => new Candidates(['a:1', 'b:1', 'c:1'])

test('what cannot be reached is followed by the next one, and after the last comes the first', () => {
  const candidates = three()
  const called = Array.from({ length: 5 }, () => {
    candidates.lost()
    return candidates.index
  })
  expect(called).toEqual([1, 2, 0, 1, 2])
})

test('the leader that a standby names is called next', () => {
  const candidates = three()
  candidates.refused('c:1')
  expect(candidates.index).toBe(2)
})

test.each([undefined, 'elsewhere:1', 'a:1'])(
  'a standby that names %s is followed by the next one',
  leader => {
    const candidates = three()
    candidates.refused(leader)
    expect(candidates.index).toBe(1)
  },
)

test('a leader that is named and cannot be reached is followed by the one after the standby', () => {
  const candidates = three()
  candidates.lost()
  candidates.refused('a:1')
  expect(candidates.index).toBe(0)
  candidates.lost()
  expect(candidates.index).toBe(2)
})

test('whatever standbys say, every candidate is called within twice their number of calls', () => {
  const prng = new Prng(7)
  for (let round = 0; round < 500; round += 1) {
    const candidates = three()
    const called = new Set([candidates.index])
    for (let count = 1; count < 6; count += 1) {
      if (prng.chance(0.5)) candidates.lost()
      else candidates.refused(prng.pick(['a:1', 'b:1', 'c:1', undefined]))
      called.add(candidates.index)
    }
    expect(called.size).toBe(3)
  }
})

test('two standbys that name each other do not keep a node from the third coordinator', () => {
  const candidates = three()
  const called = Array.from({ length: 5 }, () => {
    candidates.refused(candidates.index === 0 ? 'b:1' : 'a:1')
    return candidates.index
  })
  expect(called).toContain(2)
})

test('an epoch that is lower than one before is not admitted', () => {
  const candidates = three()
  expect([1, 3, 2, 3, 4].map(epoch => candidates.admits(epoch))).toEqual([true, true, false, true, true])
})

test('pauses grow by rounds while nobody answers, and stay short while a standby does', () => {
  const candidates = three()
  for (let count = 0; count < 30; count += 1) candidates.lost()
  expect(candidates.roundCount).toBe(9)
  candidates.refused(undefined)
  expect(candidates.roundCount).toBeLessThan(2)
  candidates.served()
  candidates.lost()
  expect(candidates.roundCount).toBe(0)
})
