import { expect, test } from 'vitest'
import { officialSchedules } from '../score/official-schedules.ts'
import { postedAtMs, postedBefore, stageRows } from './stages.ts'
import { recordedRun } from './testing.ts'

const { preview, final } = officialSchedules

test('everything on the default is the bound of a schedule that ends well, stage by stage', () => {
  const { recording, measured, findings, score } = recordedRun(preview)
  const rows = stageRows(preview, recording, measured.counts.acceptedCount, findings.looked)
  expect(rows.map(({ fromMs }) => fromMs / 1000)).toEqual([0, 1, 10, 20, 30, 40, 50])
  for (const row of rows.filter(({ lookedCount }) => lookedCount > 0)) {
    expect(row.net).toBeCloseTo(row.bound, 6)
    expect(row.shares).toEqual([1, 0, 0])
  }
  expect(rows.reduce((sum, row) => sum + row.bound, 0)).toBeCloseTo(score.net, 3)
})

test('payments that went to the dearer processor, or settled after the totals were read, count as regret of their stage', () => {
  const { recording, measured, findings } = recordedRun(final)
  const changed = findings.looked.map((each, at) => {
    const second = (each.atMs - recording.startedAtMs) / 1000
    if (second >= 30 && second < 60 && at % 2 === 0)
      return { ...each, view: { ...each.view, processor: 'fallback' } }
    if (second >= 210 && second < 240)
      return { ...each, view: { ...each.view, requestedAtMs: recording.endedAtMs + 1 } }
    return each
  })
  const rows = stageRows(final, recording, measured.counts.acceptedCount, changed)
  const regrets = rows.map(({ fromMs, net, bound }) => [fromMs / 1000, 1 - net / bound] as const)
  const wrong = regrets.filter(([, regret]) => regret > 1e-9)
  expect(wrong.map(([second]) => second)).toEqual([30, 210])
  // Half of them pay 10 % in place of 7.
  expect(wrong[0]?.[1]).toBeCloseTo((0.5 * 0.03) / 0.93, 3)
  expect(wrong[1]?.[1]).toBe(1)
})

test('a payment between two that are known was posted between them', () => {
  const { recording } = recordedRun(preview)
  const known = { ...recording, posted: recording.posted.filter((_, at) => at % 10 === 0) }
  for (const index of [0, 5, 10, 333, 5001]) {
    const atMs = postedAtMs(known, index)
    expect(Math.abs(atMs - postedAtMs(recording, index))).toBeLessThan(400)
    expect(Math.abs(postedBefore(known, atMs) - index)).toBeLessThanOrEqual(1)
  }
  expect(postedBefore(known, recording.startedAtMs)).toBe(0)
})
