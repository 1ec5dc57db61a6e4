import { expect, test } from 'vitest'
import { waitingReason } from './waiting-reason.ts'

type Lane = Parameters<typeof waitingReason>[0]['processors'][number]

function lane(name: string, changes: Partial<Lane> = {}): Lane {
  const open = { circuit: 'open', usable: false, lastFailure: 'answered 500' } as const
  return { name, wayStatus: null, ...open, ...changes } as Lane
}

test.each([
  ['both are down', [lane('a'), lane('b', { lastFailure: 'b: no answer' })], 'a: answered 500; b: no answer'],
  ['one is', [lane('a'), lane('b', { usable: true, circuit: 'closed' })], 'a: answered 500'],
  ['the way is wrong', [lane('a', { wayStatus: 401 })], 'a: answers 401'],
  ['one is slow', [lane('a', { circuit: 'closed' })], 'a: slow, or asked to be left alone'],
  ['none is wrong', [lane('a', { usable: true })], 'every processor is usable, and none has room for more'],
])('why payments wait where %s', (_, processors, words) => {
  expect(waitingReason({ processors })).toBe(words)
})
