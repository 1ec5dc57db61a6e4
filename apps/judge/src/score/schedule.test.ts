import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { durationMs, parseSchedule, type Schedule } from './schedule.ts'

const text = (name: string) => readFileSync(new URL(`../../schedules/${name}.json`, import.meta.url), 'utf8')

function parsed(name: string): Schedule {
  const schedule = parseSchedule(name, text(name))
  if (!schedule.ok) throw new Error(schedule.error.join('\n'))
  return schedule.value
}

/** A stage as the challenge writes it: `20: 100/FAIL, 0`. */
function short(schedule: Schedule): string {
  const one = ({ delayMs, failing }: { delayMs: number; failing: boolean }) =>
    `${delayMs}${failing ? '/FAIL' : ''}`
  return schedule.stages
    .map(({ atMs, behaviour }) => `${atMs / 1000}: ${one(behaviour.default)}, ${one(behaviour.fallback)}`)
    .join(' · ')
}

test('the official preview is as published', () => {
  const preview = parsed('preview')
  expect(preview).toMatchObject({
    name: 'preview',
    amountCents: 1990,
    vusMax: 500,
    thinkTimeMs: 1000,
    clientTimeoutMs: 1500,
    feesBps: { default: 500, fallback: 1500 },
    audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs: 1500, inconsistency: 'abs-of-sum' },
    totals: { source: 'backend', lookBackMs: 70_000 },
    bonus: { p99MsBelow: 11, perMsBps: 200 },
    fineBps: 3500,
  })
  expect(durationMs(preview)).toBe(60_000)
  expect(short(preview)).toBe(
    '1: 0, 0 · 10: 100, 0 · 20: 100/FAIL, 0 · 30: 2000/FAIL, 1000/FAIL · 40: 20, 20 · 50: 0, 5000',
  )
})

test('the official final is as published', () => {
  const final = parsed('final')
  expect(final).toMatchObject({
    name: 'final',
    amountCents: 2005,
    vusMax: 603,
    thinkTimeMs: 1000,
    clientTimeoutMs: 1500,
    feesBps: { default: 700, fallback: 1000 },
    audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs: 2000, inconsistency: 'sum-of-abs' },
    totals: { source: 'processors', lookBackMs: 360_000 },
    bonus: { p99MsBelow: 11, perMsBps: 200 },
    fineBps: 3500,
  })
  expect(durationMs(final)).toBe(300_000)
  expect(short(final)).toBe(
    '1: 0, 0 · 30: 1000, 0 · 60: 500, 0 · 90: 2000/FAIL, 1000 · 120: 5000/FAIL, 5 · 150: 0, 5/FAIL · ' +
      '180: 100, 5 · 210: 50, 0 · 240: 103, 10 · 270: 2000, 0',
  )
})

const good = JSON.parse(text('preview'))

function problemsOf(change: (schedule: typeof good) => void): readonly string[] {
  const schedule = structuredClone(good)
  change(schedule)
  const result = parseSchedule('mine.json', JSON.stringify(schedule))
  return result.ok ? [] : result.error
}

test.each([
  [{ amount: 19.9 }, 1990],
  [{ amount: '20.05' }, 2005],
  [{ amount: 0.07 }, 7],
  [{ amount: '1' }, 100],
])('an amount %j is %d cents', (fields, cents) => {
  const result = parseSchedule('mine.json', JSON.stringify({ ...good, ...fields }))
  expect(result.ok && result.value.amountCents).toBe(cents)
})

type Change = (schedule: typeof good) => void
test.each<[string, Change, string]>([
  ['amount', s => (s.amount = '1.005'), 'amount = "1.005" is not allowed; allowed: an amount'],
  ['amount 0', s => (s.amount = 0), 'amount = 0 is not allowed'],
  ['name', s => (s.name = ''), 'name = "" is not allowed; allowed: a text of 1 to 60'],
  ['users', s => (s.vusMax = 5001), 'vusMax = 5001 is not allowed; allowed: a whole number from 1 to 5000'],
  [
    'a fee',
    s => (s.fees.default = '1.5'),
    'fees.default = "1.5" is not allowed; allowed: a part from 0 to 1',
  ],
  ['a missing fee', s => delete s.fees.fallback, 'fees.fallback is missing; allowed: a part'],
  ['no fees', s => delete s.fees, 'fees is missing; allowed: an object'],
  [
    'a rule',
    s => (s.audit.inconsistency = 'sum'),
    'audit.inconsistency = "sum" is not allowed; allowed: one of "abs-of-sum", "sum-of-abs"',
  ],
  [
    'a source',
    s => (s.totals.source = 1),
    'totals.source = 1 is not allowed; allowed: one of "backend", "processors"',
  ],
  ['a delay', s => (s.stages[3].fallback.delayMs = -1), 'stages[3].fallback.delayMs = -1 is not allowed'],
  [
    'a flag',
    s => (s.stages[2].default.failing = 'yes'),
    'stages[2].default.failing = "yes" is not allowed; allowed: true or false',
  ],
  [
    'a misspelt field',
    s => (s.stages[0].default.delay = 1),
    'stages[0].default.delay = 1 is not allowed; allowed: nothing',
  ],
  ['a field too many', s => (s.vus = 1), 'vus = 1 is not allowed; allowed: nothing'],
  [
    'a stage after the end',
    s => (s.stages[5].atSeconds = 60),
    'stages[5].atSeconds = 60 is not allowed; allowed: less than 60',
  ],
  [
    'stages out of order',
    s => (s.stages[2].atSeconds = 10),
    'stages[2].atSeconds = 10 is not allowed; allowed: more than 10',
  ],
  ['a late ramp', s => (s.ramp[0].atSeconds = 1), 'ramp[0].atSeconds = 1 is not allowed; allowed: 0'],
  ['a ramp of one point', s => s.ramp.pop(), 'allowed: a list of 2 to 100'],
  [
    'a guard',
    s => (s.audit.guardMs = 15_000),
    'audit.guardMs = 15000 is not allowed; allowed: less than audit.lookBackMs',
  ],
  [
    'unaudited payments',
    s => (s.audit.everyMs = 13_501),
    'audit.everyMs = 13501 is not allowed; allowed: at most lookBackMs − guardMs, 13500',
  ],
  [
    'a short look-back',
    s => (s.totals.lookBackMs = 60_000),
    'totals.lookBackMs = 60000 is not allowed; allowed: at least 62500',
  ],
])('%s that is wrong is told with file, field, value and what is allowed', (_name, change, said) => {
  const problems = problemsOf(change)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(/^mine\.json: /)
  expect(problems[0]).toContain(said)
})

test('every problem of a file is told at once', () => {
  expect(
    problemsOf(schedule => {
      schedule.vusMax = 0
      schedule.fine = 2
      schedule.stages = {}
    }).map(problem => problem.split(' ')[1]),
  ).toEqual(['vusMax', 'fine', 'stages'])
})

test.each(['', '{', '[]', 'null', '"preview"'])('%j is no schedule', nothing => {
  const result = parseSchedule('mine.json', nothing)
  expect(result.ok).toBe(false)
  if (!result.ok) expect(result.error[0]).toMatch(/^mine\.json: .*(is not JSON|allowed: an object)/)
})
