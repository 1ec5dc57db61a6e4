import { expect, test } from 'vitest'
import { Succession } from './succession.ts'

const beat = { epoch: 1, address: 'a:9400', sequence: 5, isLast: false }
const succession = () => new Succession({ silentMsMax: 600, patienceMs: 100 }, 0)

test('a leader is given up when it has been silent for as long as it may be, and this candidate has waited longer', () => {
  const candidate = succession()
  candidate.heard(beat, 1000)
  expect(candidate.shouldAsk(1699)).toBe(false)
  expect(candidate.shouldAsk(1700)).toBe(true)
  expect(candidate.answered('agrees', 1705)).toBe(true)
  expect(candidate.state).toBe('claiming')
})

test('after a last beat the log is asked at once', () => {
  const candidate = succession()
  candidate.heard(beat, 1000)
  candidate.heard({ ...beat, isLast: true }, 1010)
  expect(candidate.leader).toBeUndefined()
  expect(candidate.shouldAsk(1010)).toBe(true)
  expect(candidate.answered('agrees', 1011)).toBe(true)
})

test.each([
  ['does not answer', 'silent'],
  ['has another claim', 'claimed'],
] as const)('nobody claims while the log %s, and the leader has its time again', (_, answer) => {
  const candidate = succession()
  expect(candidate.shouldAsk(700)).toBe(true)
  expect(candidate.answered(answer, 1700)).toBe(false)
  expect(candidate.shouldAsk(2399)).toBe(false)
  expect(candidate.shouldAsk(2400)).toBe(true)
})

test('a beat that comes while the log is asked keeps this candidate from a claim', () => {
  const candidate = succession()
  expect(candidate.shouldAsk(700)).toBe(true)
  candidate.heard(beat, 710)
  expect(candidate.answered('agrees', 720)).toBe(false)
  expect(candidate.state).toBe('following')
})

test('records keep the leader as beats do', () => {
  const candidate = succession()
  for (let nowMs = 0; nowMs < 5000; nowMs += 500) candidate.read(nowMs)
  expect(candidate.shouldAsk(5100)).toBe(false)
  expect(candidate.shouldAsk(5200)).toBe(true)
})

test('a beat of an epoch that is over changes nothing, not even as the last one', () => {
  const candidate = succession()
  candidate.heard({ ...beat, epoch: 2, address: 'b:9400' }, 1000)
  candidate.heard({ ...beat, isLast: true }, 1500)
  expect(candidate.leader?.address).toBe('b:9400')
  expect(candidate.shouldAsk(1600)).toBe(false)
  expect(candidate.shouldAsk(1700)).toBe(true)
})

test('a claim that another one was faster than is followed by following', () => {
  const candidate = succession()
  candidate.shouldAsk(700)
  candidate.answered('agrees', 700)
  candidate.claimed(false, 800)
  expect([candidate.state, candidate.shouldAsk(1499), candidate.shouldAsk(1500)]).toEqual([
    'following',
    false,
    true,
  ])
})
