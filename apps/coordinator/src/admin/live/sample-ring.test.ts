import { expect, test } from 'vitest'
import { SampleRing } from './sample-ring.ts'

test('the last samples are kept, and are read in order, after an instant, up to a count', () => {
  const ring = new SampleRing(3, 3)
  expect(ring.after(0, 10)).toEqual([])
  for (let at = 1; at <= 5; at += 1) ring.add([at, at * 10, Number.NaN])
  expect(ring.after(0, 10)).toEqual([
    [3, 30, Number.NaN],
    [4, 40, Number.NaN],
    [5, 50, Number.NaN],
  ])
  expect(ring.after(3, 1)).toEqual([[4, 40, Number.NaN]])
  expect(ring.after(5, 10)).toEqual([])
})

test('a ring of length 0 keeps no samples', () => {
  const ring = new SampleRing(0, 2)
  ring.add([1, 2])
  expect(ring.after(0, 10)).toEqual([])
})
