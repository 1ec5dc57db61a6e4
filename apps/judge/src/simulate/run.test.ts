import { type ClusterReport, drawPlan, type PlanOptions, runCluster } from '@rinha/simulator'
import { describe, expect, test } from 'vitest'
import type { SimulateOptions } from './options.ts'
import { runSeeds } from './run.ts'
import { printTable } from './table.ts'

const options: SimulateOptions = {
  seeds: 6,
  seed: 1,
  minutes: 0.1,
  payments: undefined,
  policy: undefined,
  crashes: false,
  replicated: false,
  shards: undefined,
  mutant: undefined,
  html: undefined,
  workers: 1,
}

const honest = async (played: PlanOptions): Promise<ClusterReport> => runCluster(drawPlan(played))

/** Says that every run of seed 3 with at least `paymentCountMin` payments went wrong. */
function broken(paymentCountMin: number) {
  return async (played: PlanOptions): Promise<ClusterReport> => {
    const report = await honest(played)
    const { plan, tally } = report
    if (plan.seed !== 3 || tally.payments < paymentCountMin) return report
    const violation = { checker: 'once', message: 'twice', atMs: 30_000, trace: ['…'] } as const
    return { ...report, violation }
  }
}

describe('playing seeds', () => {
  test('plays each once, on however many players, with the same hash', async () => {
    const seen: number[] = []
    const one = await runSeeds(options, [honest], (_, { plan }) => seen.push(plan.seed))
    const three = await runSeeds(options, [honest, honest, honest])
    expect(seen).toEqual([1, 2, 3, 4, 5, 6])
    expect(one.failure).toBeUndefined()
    expect(three.summary.hash).toBe(one.summary.hash)
    expect(three.summary.tally).toEqual(one.summary.tally)
  })

  test('plays only the seeds that choose a policy, and refuses seeds of which none does', async () => {
    const policies: string[] = []
    const asked = { ...options, policy: 'patient', seeds: 20 } as const
    const { summary } = await runSeeds(asked, [honest], (_, { plan }) => policies.push(plan.policy))
    expect(new Set(policies)).toEqual(new Set(['patient']))
    expect(summary.seedCount).toBe(policies.length)
    const other = drawPlan({ seed: 1 }).policy === 'patient' ? 'default-first' : 'patient'
    await expect(runSeeds({ ...options, policy: other, seeds: 1 }, [honest])).rejects.toThrow('none of these')
  })

  test('stops at the first violation and makes its run smaller', async () => {
    const { summary, failure } = await runSeeds(options, [broken(5)])
    expect(summary.seedCount).toBe(3)
    expect(summary.violationCount).toBe(1)
    expect(failure?.found.options).toEqual({ seed: 3, crashes: false, minutes: 0.1 })
    expect(failure?.shortest.options.minutes).toBeLessThan(0.1)
    expect(failure?.shortest.report.tally.payments).toBe(5)
  })

  test('ends with a table that names every figure', async () => {
    const { summary } = await runSeeds({ ...options, seeds: 2 }, [honest])
    const table = printTable(summary)
    for (const word of [
      'seeds',
      'virtual minutes',
      '× real time',
      'payments',
      'attempts',
      'duplicates',
      'left memory',
      'crash',
    ])
      expect(table).toContain(word)
    expect(table).toMatch(/violations +0\n$/)
  })
})
