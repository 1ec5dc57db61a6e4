import { expect, test } from 'vitest'
import { printCentsJson, printFeeJson, printFeeRateJson } from './decimal.ts'

test('cents are printed as the shortest JSON number', () => {
  expect([0, 5, 1990, 2000, -150].map(printCentsJson)).toEqual(['0', '0.05', '19.9', '20', '-1.5'])
})

test('the fee of a total is exact, however large the total', () => {
  expect(printFeeJson(1990, 500)).toBe('0.995')
  expect(printFeeJson(1, 1)).toBe('0.000001')
  expect(printFeeJson(Number.MAX_SAFE_INTEGER, 1500)).toBe('13510798882111.4865')
})

test('a fee is printed as it was given', () => {
  expect([500, 1, 10_000].map(printFeeRateJson)).toEqual(['0.05', '0.0001', '1'])
})
