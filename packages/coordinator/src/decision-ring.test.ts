import { expect, test } from 'vitest'
import type { Decision } from './decision.ts'
import { DecisionRing, decisionCountMax } from './decision-ring.ts'

const canary: Decision = { kind: 'canary', processor: 'default' }

function ringOf(count: number): DecisionRing {
  const ring = new DecisionRing()
  for (let index = 0; index < count; index += 1) ring.add(canary, index)
  return ring
}

const seqs = (ring: DecisionRing, sinceSeq: number, limitCount = 5000) =>
  ring.since(sinceSeq, limitCount).map(({ seq }) => seq)

test('the decisions since a number are told, oldest first, up to a count', () => {
  const ring = ringOf(5)
  expect(seqs(ring, 0)).toEqual([1, 2, 3, 4, 5])
  expect(seqs(ring, 3)).toEqual([4, 5])
  expect(seqs(ring, 1, 2)).toEqual([2, 3])
  expect(seqs(ring, 5)).toEqual([])
  expect(seqs(ringOf(0), 0)).toEqual([])
})

test('the latest decisions are remembered, and a reader who missed some is told the others', () => {
  const ring = ringOf(decisionCountMax + 7)
  expect(seqs(ring, 3)).toEqual(Array.from({ length: decisionCountMax }, (_, index) => index + 8))
  expect(ring.since(0, 1)).toMatchObject([{ seq: 8, atMs: 7 }])
})

test('a reader with a number from an earlier process is told all decisions', () => {
  expect(seqs(ringOf(3), 90)).toEqual([1, 2, 3])
})
