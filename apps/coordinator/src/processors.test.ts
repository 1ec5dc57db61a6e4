import { expect, test } from 'vitest'
import { parseProcessors, processorList } from './processors.ts'

test('a list is sorted with the cheapest first, with the original thresholds where none are given', () => {
  expect(parseProcessors('fallback=http://b:8080@0.15,default=http://a:8080@0.05')).toEqual([
    { name: 'default', origin: 'http://a:8080', feeBps: 500, fastMsMax: 100 },
    { name: 'fallback', origin: 'http://b:8080', feeBps: 1500, fastMsMax: 50 },
  ])
})

test('thresholds and odd fees are read as written', () => {
  expect(parseProcessors('c=http://c@1, a=https://a@0.0725@250, b=http://b:1@0@10')).toEqual([
    { name: 'b', origin: 'http://b:1', feeBps: 0, fastMsMax: 10 },
    { name: 'a', origin: 'https://a', feeBps: 725, fastMsMax: 250 },
    { name: 'c', origin: 'http://c', feeBps: 10_000, fastMsMax: 50 },
  ])
})

test('a list is printed as it is read', () => {
  const given = 'b=http://b:1@0@10,a=https://a@0.0725@250,c=http://c@1@50'
  const { parse, print } = processorList(given, '')
  expect(print?.(parse(given) ?? [])).toBe(given)
})

test.each([
  '',
  'default',
  'default=http://a',
  'default=a:8001@0.05',
  'default=http://a:8001/path@0.05',
  'default=http://a:8001@5%',
  'default=http://a:8001@1.5',
  'default=http://a:8001@0.00001',
  'default=http://a:8001@1@2@3',
  'default=http://a:99999@0.05',
  'Default=http://a@0.05',
  'a=http://a@0.05,a=http://b@0.06',
  'a=http://a@0.05,',
])('%j is refused', list => {
  expect(parseProcessors(list)).toBeUndefined()
})
