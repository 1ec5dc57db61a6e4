import { expect, test } from 'vitest'
import { until } from './until.ts'

test('the first answer that is a yes is given back', async () => {
  let looks = 0
  expect(await until(() => (looks++ < 3 ? undefined : `at look ${looks}`))).toBe('at look 4')
})

test('a condition may be a promise', async () => {
  let looks = 0
  await until(async () => looks++ === 2)
  expect(looks).toBe(3)
})

test('waiting in vain ends with what was waited for', async () => {
  const never = false
  await expect(until(() => never, 'the end', 10)).rejects.toThrow('not within 10 ms: the end')
  await expect(until(() => never, undefined, 0)).rejects.toThrow('() => never')
})

test('an error of the condition is the error', async () => {
  const broken = () => {
    throw new Error('broken')
  }
  await expect(until(broken)).rejects.toThrow('broken')
})
