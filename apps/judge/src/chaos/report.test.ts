import { describe, expect, test } from 'vitest'
import { chaosTable, progressLine, ruleLines } from './report.ts'
import type { ChaosResult } from './run.ts'
import { ruleNames } from './verdict.ts'

const clean: ChaosResult = {
  verdict: {
    counts: {
      'charged twice': 0,
      'journaled and lost': 0,
      'queued and lost': 0,
      'received and lost': 0,
      'rejected for good': 0,
      'recorded, never posted so': 0,
      'books differ': 0,
    },
    allowed: { queued: 2, received: 3 },
    states: new Map([['settled by default', 1234]]),
    findings: [],
  },
  paymentCount: 1234,
  acknowledgedCount: 1230,
  faults: new Map([
    ['link reset', 2],
    ['kill coordinator', 1],
  ]),
  skippedCount: 0,
  answers: new Map([['202 queued', 1300]]),
  wrongAnswers: [],
  crashes: [],
  settling: { unknownsGoneMs: 800, idleMs: 1200 },
  coordinatorRecoveriesMs: [310, 420],
  coordinatorBytesPeak: 100 * 2 ** 20,
}
const options = {
  lengthMs: 60_000,
  everyMs: 3000,
  seed: 1,
  level: undefined,
  clientCount: 20,
  spared: [],
  hasJournal: true,
}

const failed = (result: Partial<ChaosResult>) =>
  ruleLines({ ...clean, ...result })
    .filter(({ held }) => !held)
    .map(({ name }) => name)

describe('the rules of a run', () => {
  test('all hold where nothing was found', () => {
    expect(failed({})).toEqual([])
  })

  test.each(ruleNames)('count what the comparison found: %s', name => {
    const counts = { ...clean.verdict.counts, [name]: 1 }
    expect(failed({ verdict: { ...clean.verdict, counts } })).toEqual([name])
  })

  test.each<[string, Partial<ChaosResult>]>([
    ['answered neither 202 nor 503', { answers: new Map([['wrong: 500', 1]]), wrongAnswers: ['wrong: 500'] }],
    ['ended by itself, or not when told to', { crashes: ['coordinator ended unexpectedly: exit code 1'] }],
    ['no unknown outcome within 5 s', { settling: { unknownsGoneMs: 5001, idleMs: 5001 } }],
    ['all settled within 30 s', { settling: { unknownsGoneMs: 0, idleMs: undefined } }],
  ])('and what the run did: %s', (name, result) => {
    expect(failed(result)).toEqual([name])
  })
})

test('the table has faults, answers, states, allowed losses, and every rule', () => {
  const table = chaosTable(options, clean).replace(/ {2,}/g, ' · ')
  expect(table.split('\n')).toEqual([
    'faults · 3 in 60 s',
    ' · kill coordinator · 1',
    ' · link reset · 2',
    'requests · 1,300',
    ' · 202 queued · 1,300',
    'payments · 1,234 (acknowledged: 1,230)',
    ' · settled by default · 1,234',
    'queued, lost as that level may be · 2',
    'received, lost as that level may be · 3',
    'slowest start of the coordinator after a kill · 0.42 s of 2',
    "coordinator's peak memory · 100 MiB",
    '',
    'charged twice · 0 · PASS',
    'journaled and lost · 0 · PASS',
    'queued and lost · 0 · PASS',
    'received and lost · 0 · PASS',
    'rejected for good · 0 · PASS',
    'recorded, never posted so · 0 · PASS',
    'books differ · 0 · PASS',
    'answered neither 202 nor 503 · 0 · PASS',
    'ended by itself, or not when told to · 0 · PASS',
    'no unknown outcome within 5 s · 0.80 s · PASS',
    'all settled within 30 s · 1.20 s · PASS',
    '',
  ])
})

test('findings and crashes are printed below the rules', () => {
  const verdict = { ...clean.verdict, findings: ['charged twice: an id'] }
  const table = chaosTable(options, { ...clean, verdict, crashes: ['api1 ended unexpectedly: exit code 1'] })
  expect(table.endsWith('\n\napi1 ended unexpectedly: exit code 1\ncharged twice: an id\n')).toBe(true)
})

test('progress says which faults are active, and that the coordinator does not answer', () => {
  const progress = {
    phase: 'faults',
    elapsedMs: 13_000,
    faultsMs: 12_300,
    paymentCount: 4567,
    faultCount: 4,
    busy: ['link default', 'api1'],
    queue: undefined,
    comparedCount: 0,
  } as const
  expect(progressLine(options, progress)).toBe(
    '12 of 60 s · 4,567 payments · 4 faults · the coordinator does not answer · now: link default, api1',
  )
})
