import { describe, expect, test } from 'vitest'
import {
  type Ack,
  type Case,
  type Death,
  type Evidence,
  journalLagMsMax,
  judge,
  type Recorded,
  type RuleName,
  ruleNames,
  type Total,
  type Verdict,
} from './verdict.ts'

const atDefault: Recorded = { amountCents: 1990, requestedAtMs: 5000 }
const ack: Ack = { level: 'queued', node: 'api1', sentAtMs: 1000, ackedAtMs: 1010 }
const received: Ack = { ...ack, level: 'received' }
const journaled: Ack = { ...ack, level: 'journaled' }
const settled: Case = {
  id: 'a',
  amountCents: 1990,
  acks: [ack],
  recorded: { default: atDefault, fallback: undefined },
  cluster: { state: 'settled', processor: 'default', ...atDefault },
}
const nowhere = { default: undefined, fallback: undefined }
const lost: Case = { ...settled, id: 'b', recorded: nowhere, cluster: { state: 'absent' } }

/** A verdict over cases, with totals that agree with them on both sides unless they are given. */
function verdictOf(
  cases: readonly Case[],
  deaths: readonly Death[] = [],
  totals: Partial<Evidence['totals']> = {},
  hasJournal = true,
): Verdict {
  const total = (name: 'default' | 'fallback') => {
    const records = cases.flatMap(({ recorded }) => recorded[name] ?? [])
    const sum: Total = {
      count: records.length,
      amountCents: records.reduce((cents, record) => cents + record.amountCents, 0),
    }
    return { processor: sum, cluster: sum }
  }
  return judge({
    cases,
    deaths,
    hasJournal,
    totals: { default: total('default'), fallback: total('fallback'), ...totals },
  })
}

function brokenIn(verdict: Verdict): readonly RuleName[] {
  return ruleNames.filter(name => verdict.counts[name] > 0)
}

test('payments that are settled where they are recorded break nothing', () => {
  const verdict = verdictOf([
    settled,
    {
      ...settled,
      id: 'c',
      recorded: { default: undefined, fallback: atDefault },
      cluster: { state: 'settled', processor: 'fallback', ...atDefault },
    },
  ])
  expect(brokenIn(verdict)).toEqual([])
  expect(verdict.findings).toEqual([])
  expect([...verdict.states]).toEqual([
    ['settled by default', 1],
    ['settled by fallback', 1],
  ])
})

test('a payment without any acknowledgement may be settled or absent', () => {
  expect(
    brokenIn(
      verdictOf([
        { ...settled, acks: [] },
        { ...lost, acks: [] },
      ]),
    ),
  ).toEqual([])
})

test('recorded at both processors is charged twice, whatever the cluster says', () => {
  const both: Case = { ...settled, recorded: { default: atDefault, fallback: atDefault } }
  expect(brokenIn(verdictOf([both]))).toEqual(['charged twice', 'books differ'])
  expect(verdictOf([both]).counts['charged twice']).toBe(1)
})

const coordinatorDiedAt = (atMs: number): Death => ({ process: 'coordinator', atMs })
const api1Died: Death = { process: 'api1', atMs: 1000 }
const api1DiedLate: Death = { process: 'api1', atMs: 90_000 }

describe('journaled and recorded nowhere', () => {
  test('is broken, whatever was killed', () => {
    const deaths: Death[] = [coordinatorDiedAt(1011), { process: 'api1', atMs: 1011 }]
    expect(brokenIn(verdictOf([{ ...lost, acks: [journaled] }], deaths))).toEqual(['journaled and lost'])
  })

  test('counts although weaker promises of the same payment are excused', () => {
    const payment: Case = { ...lost, acks: [ack, journaled] }
    const deaths = [coordinatorDiedAt(1005), api1DiedLate]
    expect(brokenIn(verdictOf([payment], deaths))).toEqual(['journaled and lost'])
  })
})

describe('queued and recorded nowhere', () => {
  test.each<[string, Death[]]>([
    ['nothing died', []],
    ['only its API node died', [api1DiedLate]],
    ['only the coordinator died', [coordinatorDiedAt(1005)]],
    [
      'the coordinator and the other API node died',
      [coordinatorDiedAt(1005), { process: 'api2', atMs: 1005 }],
    ],
    ['the coordinator died before it was posted', [coordinatorDiedAt(999), api1DiedLate]],
    ['its API node died before it was posted', [coordinatorDiedAt(1005), { process: 'api1', atMs: 999 }]],
    [
      'the coordinator died when the journal had to have it',
      [coordinatorDiedAt(1011 + journalLagMsMax), api1DiedLate],
    ],
  ])('is broken where %s', (_, deaths) => {
    const verdict = verdictOf([lost], deaths)
    expect(brokenIn(verdict)).toEqual(['queued and lost'])
    expect(verdict.allowed.queued).toBe(0)
  })

  test.each([
    [1000, api1Died],
    [1005, api1DiedLate],
    [1010 + journalLagMsMax, api1DiedLate],
  ])('is allowed where the coordinator died at %i and then its API node: %j', (atMs, nodeDeath) => {
    const verdict = verdictOf([lost], [coordinatorDiedAt(atMs), nodeDeath])
    expect(brokenIn(verdict)).toEqual([])
    expect(verdict.allowed).toEqual({ queued: 1, received: 0 })
  })

  test('is broken if another answer for the same payment has no such excuse', () => {
    const again: Ack = { ...ack, sentAtMs: 9000, ackedAtMs: 9010 }
    const payment: Case = { ...lost, acks: [ack, again] }
    const deaths = [coordinatorDiedAt(1005), api1DiedLate]
    expect(brokenIn(verdictOf([payment], deaths))).toEqual(['queued and lost'])
    expect(brokenIn(verdictOf([payment], [...deaths, coordinatorDiedAt(9005)]))).toEqual([])
  })
})

describe('received and recorded nowhere', () => {
  const payment: Case = { ...lost, acks: [received] }

  test.each<[string, Death[]]>([
    ['nothing died', []],
    ['the other API node died', [{ process: 'api2', atMs: 2000 }]],
    ['its API node died before', [{ process: 'api1', atMs: 999 }]],
    ['the coordinator died', [coordinatorDiedAt(1005)]],
  ])('is broken where %s', (_, deaths) => {
    expect(brokenIn(verdictOf([payment], deaths))).toEqual(['received and lost'])
  })

  test('is allowed if its API node died at any later time', () => {
    const verdict = verdictOf([payment], [{ process: 'api1', atMs: 90_000 }])
    expect(brokenIn(verdict)).toEqual([])
    expect(verdict.allowed).toEqual({ queued: 0, received: 1 })
  })

  test('is broken if the other node also answered so and is still alive', () => {
    const both: Case = { ...lost, acks: [received, { ...received, node: 'api2' }] }
    expect(brokenIn(verdictOf([both], [{ process: 'api1', atMs: 2000 }]))).toEqual(['received and lost'])
  })
})

test('rejected for good is broken, whether or not it was acknowledged, or is recorded', () => {
  const rejected: Case = { ...lost, acks: [], cluster: { state: 'rejected' } }
  expect(brokenIn(verdictOf([rejected]))).toEqual(['rejected for good'])
  expect(brokenIn(verdictOf([{ ...settled, cluster: { state: 'rejected' } }]))).toEqual([
    'rejected for good',
    'books differ',
  ])
})

describe('recorded, never posted so', () => {
  test('is another amount than the one posted', () => {
    const record = { ...atDefault, amountCents: 1991 }
    const payment: Case = {
      ...settled,
      recorded: { default: record, fallback: undefined },
      cluster: { state: 'settled', processor: 'default', ...record },
    }
    expect(brokenIn(verdictOf([payment]))).toEqual(['recorded, never posted so'])
  })

  test('is every record of a processor that is of no posted id', () => {
    const more: Total = { count: 4, amountCents: 9000 }
    const verdict = verdictOf([settled], [], { default: { processor: more, cluster: more } })
    expect(brokenIn(verdict)).toEqual(['recorded, never posted so'])
    expect(verdict.counts['recorded, never posted so']).toBe(3)
    expect(verdict.findings).toEqual([
      'recorded, never posted so: default has 4 records, 1 of them of ids that were posted',
    ])
  })
})

describe('books differ', () => {
  const says = (cluster: Case['cluster']): Case => ({ ...settled, cluster })
  const settledAs = (change: Partial<Recorded & { processor: string }>): Case =>
    says({ state: 'settled', processor: 'default', ...atDefault, ...change })

  test.each<[string, Case]>([
    ['another processor', settledAs({ processor: 'fallback' })],
    ['another requestedAt', settledAs({ requestedAtMs: 5001 })],
    ['another amount', settledAs({ amountCents: 1991 })],
    ['absent, and it is recorded', says({ state: 'absent' })],
    ['nothing', says({ state: 'none' })],
    ['still queued', { ...lost, acks: [], cluster: { state: 'queued' } }],
    ['settled, and it is recorded nowhere', { ...settled, acks: [], recorded: nowhere }],
  ])('where the cluster says %s', (_, payment) => {
    expect(brokenIn(verdictOf([payment]))).toEqual(['books differ'])
  })

  test.each<Total>([
    { count: 2, amountCents: 1990 },
    { count: 1, amountCents: 1989 },
  ])('where the sums do: %j', cluster => {
    const verdict = verdictOf([settled], [], {
      default: { processor: { count: 1, amountCents: 1990 }, cluster },
    })
    expect(brokenIn(verdict)).toEqual(['books differ'])
  })
})

describe('without a journal', () => {
  const without = (
    cases: readonly Case[],
    deaths: readonly Death[] = [],
    totals: Partial<Evidence['totals']> = {},
  ) => brokenIn(verdictOf(cases, deaths, totals, false))
  const nothing: Total = { count: 0, amountCents: 0 }
  const one: Total = { count: 1, amountCents: 1990 }

  test('a queued or received payment may be lost with a coordinator that is killed at any later time', () => {
    for (const acks of [[ack], [received]]) {
      expect(without([{ ...lost, acks }], [coordinatorDiedAt(90_000)])).toEqual([])
      expect(without([{ ...lost, acks }], [coordinatorDiedAt(999)])).toEqual([`${acks[0]?.level} and lost`])
    }
  })

  test('a coordinator does not know the payments settled before its kill, and its sums leave them out', () => {
    const forgotten: Case = { ...settled, cluster: { state: 'absent' } }
    expect(without([forgotten], [], { default: { processor: one, cluster: nothing } })).toEqual([])
    expect(without([settled], [], { default: { processor: one, cluster: nothing } })).toEqual([
      'books differ',
    ])
  })

  test('recorded at both processors is charged twice', () => {
    const both: Case = { ...lost, acks: [], recorded: { default: atDefault, fallback: atDefault } }
    const totals = {
      default: { processor: one, cluster: nothing },
      fallback: { processor: one, cluster: nothing },
    }
    expect(without([both], [], totals)).toEqual(['charged twice'])
  })
})

test('a finding has the record of each side, and there are at most twenty findings', () => {
  const verdict = verdictOf(Array.from({ length: 30 }, (_, index) => ({ ...lost, id: `id-${index}` })))
  expect(verdict.counts['queued and lost']).toBe(30)
  expect(verdict.findings).toHaveLength(20)
  expect(verdict.findings[0]).toBe(
    'queued and lost: id-0, 1990 cents; told queued by api1 1.000–1.010 s; default has nothing; fallback has nothing; the cluster says absent',
  )
})

test('a rule that is broken once is among the findings, even if others are broken often', () => {
  const both: Case = { ...settled, id: 'late', recorded: { default: atDefault, fallback: atDefault } }
  const { findings } = verdictOf([...Array.from({ length: 50 }, () => lost), both])
  expect(findings).toHaveLength(20)
  expect(findings[0]).toMatch(/^charged twice: late, /)
  expect(findings.filter(words => words.startsWith('queued and lost'))).toHaveLength(18)
})
