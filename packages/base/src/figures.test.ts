import { expect, test } from 'vitest'
import { count, milliseconds, money, percent, seconds } from './figures.ts'

test('figures are written as every report has them', () => {
  expect([count(0), count(1234.5), count(-16_753)]).toEqual(['0', '1,234.5', '-16,753'])
  expect([money(1234.5), money(-0), money(-0.005)]).toEqual(['1,234.50', '0.00', '-0.01'])
  expect([milliseconds(2.549), seconds(2549), seconds(2549, 0)]).toEqual(['2.55 ms', '2.55 s', '3 s'])
  expect([percent(0.05), percent(1)]).toEqual(['5.00 %', '100.00 %'])
})
