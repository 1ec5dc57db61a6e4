import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwin, type Twin } from '../src/twin.ts'
import { checkConformance, checks } from './conformance.ts'
import type { CheckResult } from './notes.ts'
import { type Break, breaks } from './testing.ts'

/** The real limits, with shorter windows and delays. They are long enough to tell late from wrong on a busy machine. */
const shorter = { healthWindowMs: 1600, healthHeartbeatMs: 50, healthResetMs: 3200 }
/** The broken twins run all at once, so they get fewer requests and shorter waits. */
const small = {
  healthWindowMs: 700,
  healthHeartbeatMs: 20,
  healthResetMs: 1400,
  runningCountMax: 8,
  waitingCountMax: 5,
}
const smallParameters = { ...small, delayMs: 400, limiterDelayMs: 1000 }

const urlOf = (twin: Twin) => `http://localhost:${twin.port}`
const failuresOf = (results: CheckResult[]) =>
  results
    .filter(({ passed }) => !passed)
    .map(({ name, observations }) => ({ name, observations: observations.filter(({ passed }) => !passed) }))

test('a twin passes every check, with the real limits, and is left as it was', {
  timeout: 120_000,
  retry: 2,
}, async () => {
  const twin = await startTwin({ ...shorter, port: 0, delayMs: 3, failing: true, token: 'secret' })
  try {
    const parameters = { ...shorter, delayMs: 600, limiterDelayMs: 1500 }
    const results = await checkConformance({ url: urlOf(twin), token: 'secret', parameters })
    expect(failuresOf(results)).toEqual([])
    expect(results.map(({ name }) => name)).toEqual(Object.keys(checks))
    const health = await fetch(`${urlOf(twin)}/payments/service-health`)
    expect(await health.json()).toEqual({ failing: true, minResponseTime: 3 })
  } finally {
    await twin.close()
  }
})

describe('a broken twin is caught', () => {
  let caught: Map<string, CheckResult[]>

  beforeAll(async () => {
    const runs = Object.entries(breaks).map(
      async ([name, broken]) => [name, await runBroken(broken)] as const,
    )
    caught = new Map(await Promise.all(runs))
  }, 300_000)

  for (const [name, { caughtBy }] of Object.entries(breaks)) {
    test(`${name}, by ${caughtBy.join(' and ')}`, () => {
      const results = caught.get(name) ?? []
      expect(results.map(result => result.name).sort()).toEqual([...caughtBy].sort())
      expect(results.filter(({ passed }) => passed)).toEqual([])
      // The check saw the fault, and did not fail because the sequence of requests broke off.
      for (const { observations } of results) {
        expect(observations.map(({ what }) => what)).not.toContain('the sequence of requests')
      }
    })
  }

  test('every check catches at least one broken twin', () => {
    const catching = new Set(Object.values(breaks).flatMap(({ caughtBy }) => caughtBy))
    expect([...catching].sort()).toEqual(Object.keys(checks).sort())
  })
})

/** On a busy machine a fault may not show, because answers are late. So each broken twin has three tries. */
async function runBroken(broken: Break): Promise<CheckResult[]> {
  let results: CheckResult[] = []
  for (let count = 0; count < 3 && !isCaught(results); count += 1) results = await runBrokenOnce(broken)
  return results
}

const isCaught = (results: readonly CheckResult[]) =>
  results.length > 0 && results.every(({ passed }) => !passed)

async function runBrokenOnce({ caughtBy, options, sabotage }: Break): Promise<CheckResult[]> {
  const twin = await startTwin({ ...small, port: 0, ...options })
  sabotage?.(twin)
  try {
    const url = urlOf(twin)
    return await checkConformance({ url, token: '123', only: caughtBy, parameters: smallParameters })
  } finally {
    await twin.close()
  }
}

describe('the suite itself', () => {
  let twin: Twin
  beforeAll(async () => {
    twin = await startTwin({ port: 0 })
  })
  afterAll(() => twin.close())

  test('with a wrong token every check fails and says so, and nothing is erased', async () => {
    const results = await checkConformance({ url: urlOf(twin), token: 'wrong', only: ['payment-recorded'] })
    expect(results[0]?.observations[0]?.seen).toContain('401')
    expect(results[0]?.passed).toBe(false)
  })

  test('without a server every check fails with the reason', async () => {
    const results = await checkConformance({ url: 'http://localhost:1', token: '123' })
    expect(results.every(({ passed }) => !passed)).toBe(true)
    expect(results).toHaveLength(Object.keys(checks).length)
  })

  test('an unknown check is refused', async () => {
    await expect(checkConformance({ url: urlOf(twin), token: '123', only: ['typo'] })).rejects.toThrow('typo')
  })
})
