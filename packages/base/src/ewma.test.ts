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

test('average and deviation are those of RFC 6298, sample by sample', () => {
  const ewma = new Ewma(1 / 8)
  let [average, deviation] = [0, 0]
  const samples = [20, 24, 18, 400, 21, 0, 19, 22]
  samples.forEach((sample, index) => {
    ewma.add(sample)
    deviation = index === 0 ? 0 : deviation + (Math.abs(sample - average) - deviation) / 8
    average = index === 0 ? sample : average + (sample - average) / 8
    expect(ewma.average).toBeCloseTo(average, 9)
    expect(ewma.deviation).toBeCloseTo(deviation, 9)
  })
})

test('a reset to a value starts there, without a deviation', () => {
  const ewma = new Ewma(0.5)
  ewma.add(10)
  ewma.add(30)
  ewma.reset(2000)
  expect([ewma.average, ewma.deviation]).toEqual([2000, 0])
  ewma.add(1000)
  expect([ewma.average, ewma.deviation]).toEqual([1500, 500])
})

test('with a weight of one only the last sample counts; a weight outside (0, 1] is a programmer error', () => {
  const ewma = new Ewma(1)
  for (const sample of [5, 7]) ewma.add(sample)
  expect(ewma.average).toBe(7)
  for (const weight of [0, -0.5, 1.5, Number.NaN]) expect(() => new Ewma(weight)).toThrow('a weight is in')
})
