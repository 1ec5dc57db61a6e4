import { expect, test } from 'vitest'
import { restoreSending } from './sending.ts'

const names = ['default', 'fallback', 'third']

test('what an earlier process was told holds for the processors of the same names', () => {
  expect(restoreSending(names, { fallback: 'paused', default: 'draining', gone: 'paused' })).toEqual([
    'draining',
    'paused',
    'on',
  ])
  expect(restoreSending(['constructor'], { default: 'on' })).toEqual(['on'])
  expect(restoreSending(names, {})).toEqual(['on', 'on', 'on'])
})

test('where all are paused a processor that is new is, too', () => {
  expect(restoreSending(names, { default: 'paused' })).toEqual(['paused', 'paused', 'paused'])
})
