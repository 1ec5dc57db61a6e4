import { expect, test } from 'vitest'
import { printBeat, readBeat } from './beat.ts'

const beat = { epoch: 3, address: '[::1]:9400', sequence: 17, isLast: false }

test('a beat is read as it was told', () => {
  expect(readBeat(printBeat(beat))).toEqual(beat)
})

test.each([
  '',
  'null',
  '[]',
  '{}',
  JSON.stringify({ ...beat, epoch: -1 }),
  JSON.stringify({ ...beat, address: 'a b' }),
  JSON.stringify({ ...beat, sequence: '17' }),
  JSON.stringify({ ...beat, isLast: 1 }),
])('%s is no beat', words => expect(readBeat(words)).toBeUndefined())
