import { expect, test } from 'vitest'
import { Ewma } from './ewma.ts'

test('the first sample is the average, each further one moves it by its weight', () => {
  const ewma = new Ewma(0.25)
  expect(ewma.average).toBeUndefined()
  ewma.add(100)
  expect(ewma.average).toBe(100)
  ewma.add(200)
  expect(ewma.average).toBe(125)
})

test('a constant signal is reached, whatever was before', () => {
  const ewma = new Ewma(0.5)
  for (let sample = 0; sample < 60; sample += 1) ewma.add(sample < 10 ? 1000 : 7)
  expect(ewma.average).toBeCloseTo(7, 6)
})

test('with a weight of one only the last sample counts; a weight outside (0, 1] is a programmer error', () => {
  const ewma = new Ewma(1)
  for (const sample of [5, 7]) ewma.add(sample)
  expect(ewma.average).toBe(7)
  for (const weight of [0, -0.5, 1.5, Number.NaN]) expect(() => new Ewma(weight)).toThrow('a weight is in')
})
