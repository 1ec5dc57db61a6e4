import { describe, expect, test } from 'vitest'
import { blamed, Facts } from '../testing.ts'
import { ToldWatch } from './told-watch.ts'

type Lanes = Parameters<ToldWatch['checkAge']>[0]

/** Shard 1 of 2 with one processor, of which shard 0 has heard `failing` ten seconds after the start. */
function told(failing = true) {
  const shard = { index: 1, count: 2 }
  const facts = new Facts({ shard, healthPollMs: 5000, stallEveryMs: Number.POSITIVE_INFINITY })
  const heard = [[{ atMs: facts.world.nowMs + 10_000, failing }]]
  const watch = new ToldWatch({ ...facts, heard })
  const startMs = facts.world.nowMs
  /** What a step with a report makes of a lane: its circuit before and after, and what it goes by. */
  const tell = (
    atMs: number,
    report: { readonly failing: boolean; readonly ageMs: number } | undefined,
    [before, after]: readonly [string, string],
    reportedFailing: boolean | null = report?.failing ?? null,
  ) => {
    facts.world.runUntil(startMs + atMs)
    const lanes = (circuit: string) => [{ circuit, reportedFailing }] as unknown as Lanes
    const reports = [report && { ...report, minResponseTimeMs: 0 }]
    return blamed(() => watch.onTold(reports, lanes(before), lanes(after)))
  }
  return { watch, heard, tell, startMs }
}

describe('a shard that is told of health', () => {
  test('may open or close its circuit by a poll that is new to it, and goes by its answer', () => {
    expect(told().tell(10_500, { failing: true, ageMs: 480 }, ['closed', 'open'])).toBe('nothing')
    expect(told(false).tell(10_500, { failing: false, ageMs: 480 }, ['open', 'closed'])).toBe('nothing')
    expect(told().tell(10_500, { failing: true, ageMs: 480 }, ['closed', 'open'], null)).toBe(
      'poll: shard 1, processor 0: a poll has said failing: true, and it goes by null',
    )
    expect(told(false).tell(10_500, { failing: false, ageMs: 480 }, ['open', 'open'])).toContain(
      'the circuit stays open',
    )
  })

  test('changes nothing when it is told of the same poll again, but for a canary', () => {
    const { tell } = told(false)
    const report = (ageMs: number) => ({ failing: false, ageMs })
    expect(tell(10_500, report(480), ['closed', 'closed'])).toBe('nothing')
    expect(tell(11_500, report(1490), ['open', 'probing'])).toBe('nothing')
    expect(tell(12_500, undefined, ['open', 'open'])).toBe('nothing')
    expect(tell(13_500, report(3490), ['open', 'closed'])).toBe(
      'poll: shard 1, processor 0: a poll that it knows makes the circuit closed of open',
    )
  })

  test('is told what a poll has said, and not before', () => {
    expect(told(false).tell(10_500, { failing: true, ageMs: 480 }, ['closed', 'open'])).toContain(
      'it is told failing: true, and no poll has said so',
    )
    expect(told().tell(10_500, { failing: true, ageMs: 700 }, ['closed', 'open'])).toContain('no poll')
  })

  test('minds no poll that is too old', () => {
    expect(told().tell(25_000, { failing: false, ageMs: 15_000 }, ['open', 'open'])).toBe('nothing')
    const { watch } = told()
    const ages = (polledAgeMs: number | null) => [{ polledAgeMs }] as unknown as Lanes
    expect(blamed(() => watch.checkAge(ages(null)))).toBe('nothing')
    expect(blamed(() => watch.checkAge(ages(12_000)))).toBe('nothing')
    expect(blamed(() => watch.checkAge(ages(12_001)))).toContain('it goes by a poll of 12001 ms ago')
  })
})
