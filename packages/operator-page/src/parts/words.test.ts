import { expect, test } from 'vitest'
import type { Lane } from '../data/store.ts'
import { holdingWords } from './holding-words.ts'
import { laneState } from './lane-state.ts'
import { historyWords, type Payment, stateWords } from './payment-words.ts'

test.each([
  [{ reason: 'paused' } as const, 'a person lets nothing new be sent to any processor'],
  [
    { reason: 'noneUsable', processor: 'default', against: 'down', leftMs: null } as const,
    'no processor may be sent to: default is down',
  ],
  [
    { reason: 'policy', processor: 'default', against: 'down', leftMs: null } as const,
    'the policy lets them wait, although a processor is usable: default is down',
  ],
  [
    { reason: 'cheaper', processor: 'default', against: 'tail', leftMs: 2500, heldCountMax: 1000 } as const,
    'waits for default, which is cheaper, but has rare answers later than the audit guard, for 2.5 s more at the most, with at most 1,000 payments',
  ],
  [
    { reason: 'limiter', processor: 'default', inFlightCount: 6, limitCount: 6 } as const,
    'default has 6 of at most 6 attempts under way',
  ],
  [{ reason: 'pace', perSecond: 2500 } as const, 'the backlog is drained at 2,500/s'],
])('why the oldest waits: %j', (holding, words) => expect(holdingWords(holding)).toBe(words))

test('a processor is not simply usable while it answers payments 404, whatever its health says', () => {
  const lane = { usable: true, paused: false, draining: false, circuit: 'closed', wayStatus: 404 } as Lane
  expect(laneState(lane)).toEqual({
    ...{ word: 'usable', tone: 'bad' },
    why: 'but it answered the last payment 404: wrong address or token?',
  })
  expect(laneState({ ...lane, wayStatus: null })).toEqual({ word: 'usable', tone: 'good', why: '' })
})

test.each([
  ['level', 'slow', 'it answers later than the audit guard'],
  ['tail', 'slow', 'it has rare answers later than the audit guard'],
  ['stalled', 'waits', 'it has overdue answers'],
  ['leftAlone', 'waits', 'it has asked to be left alone'],
] as const)('a processor that is not usable because of %s is shown as %s', (against, word, why) => {
  const lane = { usable: false, circuit: 'closed', wayStatus: null, tailMs: 20, against } as Lane
  expect(laneState(lane)).toEqual({ word, tone: 'warn', why })
})

const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`
const none = { endedAt: null, processor: null, requestedAt: null, outcome: null, reason: null }
const payment: Payment = {
  correlationId: '00000000-0000-0000-0000-000000000001',
  state: 'settled',
  amountCents: 1990,
  processor: 'fallback',
  requestedAt: at(4),
  acceptedAt: at(0),
  timeLine: {
    isComplete: true,
    entries: [
      {
        what: 'attempt',
        at: at(1),
        endedAt: '2026-01-02T03:04:01.503Z',
        processor: 'default',
        requestedAt: at(1),
        outcome: 'refused',
        reason: 'status 500',
      },
      { ...none, what: 'lookUp', at: at(2), endedAt: at(3), processor: 'default', outcome: 'absent' },
      { ...none, what: 'released', at: at(3) },
      { ...none, what: 'attempt', at: at(4), endedAt: at(5), processor: 'fallback', outcome: 'recorded' },
    ],
  },
}

test('what happened to a payment', () => {
  expect(stateWords(payment)).toBe('19.90, settled at fallback with requestedAt 2026-01-02 03:04:04.000 UTC')
  expect(historyWords(payment)).toEqual([
    [at(0), 'accepted'],
    [at(1), 'attempt 1 at default … 503 ms → refused (status 500)'],
    [at(2), 'look-up at default … 1 s → absent'],
    [at(3), 'a person has put it back in the queue'],
    [at(4), 'attempt 2 at fallback … 1 s → recorded'],
    [at(5), 'settled at fallback'],
  ])
})

test('an attempt under way has no end yet', () => {
  const [first] = payment.timeLine?.entries ?? []
  if (first === undefined) throw new Error('there is an attempt')
  const entries = [{ ...first, endedAt: null, outcome: null, reason: null }]
  const queued: Payment = { ...payment, state: 'inFlight', timeLine: { isComplete: true, entries } }
  expect(historyWords(queued).at(-1)).toEqual([at(1), 'attempt 1 at default … under way'])
})
