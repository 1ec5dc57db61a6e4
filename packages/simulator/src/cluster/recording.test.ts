import { describe, expect, test } from 'vitest'
import { runCluster } from './cluster.ts'
import { drawPlan } from './plan.ts'
import { Recording, recordedCountMax } from './recording.ts'

describe('a recording', () => {
  test.each([
    [3, false],
    [7, true],
    [12, true],
  ])('changes nothing: seed %i, crashes %s', (seed, crashes) => {
    const plan = drawPlan({ seed, crashes, minutes: 0.2 })
    const { recorded, ...seen } = runCluster(plan, new Recording())
    expect(seen).toEqual(runCluster(plan))
    expect(recorded?.events.length).toBeGreaterThan(100)
    expect(recorded?.leftOutCount).toBe(0)
    expect(recorded?.ids).toHaveLength(seen.tally.payments)
  })

  test('has what a person wants to see: who posts, what is sent and answered, and how the cluster stands meanwhile', () => {
    const { recorded } = runCluster(drawPlan({ seed: 3, minutes: 0.2 }), new Recording())
    const words = new Set(recorded?.events.map(({ word }) => word))
    for (const word of [
      'taken',
      'sent payments',
      'send',
      'attemptEnded: recorded',
      'settled',
      'poll',
      'healed',
    ])
      expect(words).toContain(word)
    expect(recorded?.stands.some(({ queue }) => (queue?.queuedCount ?? 0) > 0)).toBe(true)
    const times = recorded?.stands.map(({ atMs }) => atMs) ?? []
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  })

  test('keeps the last events, says how many it left out, and has no stand from before them', () => {
    const recording = new Recording()
    const overCount = 2 * recordedCountMax + 5
    for (let at = 0; at < recordedCountMax + overCount; at += 1) {
      recording.note(at, 'event', at, 0, 0)
      if (at % 10_000 === 0) recording.stand(at, [], [])
    }
    const { events, leftOutCount, stands } = recording.told([])
    expect([events.length, leftOutCount]).toEqual([recordedCountMax, overCount])
    expect(events[0]?.values[0]).toBe(overCount)
    expect(stands.map(({ atMs }) => atMs)).toEqual([50_000, 60_000])
  })
})
