import { expect, test } from 'vitest'
import { Ewma } from './ewma.ts'

test('the first sample is the average, each further one moves it by its weight', () => {
  const ewma = new Ewma(0.25)
  expect(ewma.average).toBeUndefined()
  ewma.add(100)
  expect([ewma.average, ewma.deviation]).toEqual([100, 0])
  ewma.add(200)
  expect([ewma.average, ewma.deviation]).toEqual([125, 25])
})

test('a constant signal leaves no deviation, and a reset forgets', () => {
  const ewma = new Ewma(0.5)
  for (let sample = 0; sample < 60; sample += 1) ewma.add(sample < 10 ? 1000 : 7)
  expect(ewma.average).toBeCloseTo(7, 6)
  expect(ewma.deviation).toBeCloseTo(0, 6)
  ewma.reset(undefined)
  expect(ewma.average).toBeUndefined()
})
