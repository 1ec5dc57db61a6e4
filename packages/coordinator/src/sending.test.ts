import { expect, test } from 'vitest'
import { restoreSending } from './sending.ts'

const names = ['default', 'fallback', 'third']

test('pauses from an earlier process hold for the processors of the same names', () => {
  expect(restoreSending(names, { fallback: 'paused', default: 'draining', gone: 'paused' })).toEqual([
    'draining',
    'paused',
    'on',
  ])
  expect(restoreSending(['constructor'], { default: 'on' })).toEqual(['on'])
  expect(restoreSending(names, {})).toEqual(['on', 'on', 'on'])
})

test('when all processors are paused, a new one is paused, too', () => {
  expect(restoreSending(names, { default: 'paused' })).toEqual(['paused', 'paused', 'paused'])
})
