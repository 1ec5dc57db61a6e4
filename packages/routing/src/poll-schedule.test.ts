import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PollSchedule } from './poll-schedule.ts'

interface Poll {
  readonly lane: number
  readonly startedAtMs: number
  readonly answeredAtMs: number
}

/** Polls until `untilMs`. The poll of a lane takes `answerMs` of that lane. Wakes when the schedule asks for it. */
function play(
  laneCount: number,
  untilMs: number,
  answerMs: (lane: number, poll: number) => number,
  firstLateMs?: number,
): Poll[] {
  const pausesMs = Array.from({ length: laneCount }, () => 5000)
  const schedule = new PollSchedule(pausesMs, firstLateMs)
  schedule.due(0)
  const polls: Poll[] = []
  const underWay: Poll[] = []
  for (let nowMs = 0; nowMs < untilMs; ) {
    for (const poll of underWay.filter(each => each.answeredAtMs <= nowMs)) {
      underWay.splice(underWay.indexOf(poll), 1)
      schedule.answered(poll.lane, nowMs)
    }
    for (let lane = schedule.due(nowMs); lane !== undefined; lane = schedule.due(nowMs)) {
      const poll = { lane, startedAtMs: nowMs, answeredAtMs: nowMs + answerMs(lane, polls.length) }
      polls.push(poll)
      underWay.push(poll)
    }
    const nextAtMs = Math.min(schedule.nextAtMs, ...underWay.map(poll => poll.answeredAtMs))
    expect(nextAtMs, 'it never asks to be woken now').toBeGreaterThan(nowMs)
    nowMs = nextAtMs
  }
  return polls
}

const of = (polls: readonly Poll[], lane: number) => polls.filter(poll => poll.lane === lane)

function gapsMs(polls: readonly Poll[]): number[] {
  return polls.slice(1).map((poll, index) => poll.startedAtMs - (polls[index]?.answeredAtMs ?? 0))
}

test('the first polls are one pause after the start', () => {
  expect(Math.min(...play(2, 20_000, () => 3).map(poll => poll.startedAtMs))).toBeGreaterThanOrEqual(5000)
})

test('where an earlier coordinator may still poll, the first polls are later, and no others', () => {
  const [usual, late] = [undefined, 300].map(lateMs => play(2, 60_000, () => 3, lateMs))
  const starts = (polls: readonly Poll[] = [], shiftMs = 0) =>
    polls.slice(0, 20).map(({ startedAtMs }) => startedAtMs + shiftMs)
  expect(starts(late)).toEqual(starts(usual, 300))
})

describe('the dearer lane', () => {
  test('is polled a moment after the cheaper lane, and this stays so for hours', () => {
    const polls = play(2, 4 * 3_600_000, (lane, poll) => 1 + ((poll * 7 + lane * 20) % 40))
    const [cheaper, dearer] = [of(polls, 0), of(polls, 1)]
    expect(cheaper.length).toBeGreaterThan(2800)
    for (const [round, poll] of dearer.entries())
      expect(poll.startedAtMs).toBe((cheaper[round]?.startedAtMs ?? 0) + 250)
  })

  test('does not delay the cheaper lane, and is back in step soon after a slow answer', () => {
    const polls = play(2, 600_000, (lane, poll) => (lane === 1 && poll === 5 ? 2000 : 5))
    expect(Math.max(...gapsMs(of(polls, 0)))).toBe(5050)
    const [cheaper, dearer] = [of(polls, 0), of(polls, 1)]
    expect(dearer.at(3)?.startedAtMs).toBeGreaterThan((cheaper.at(3)?.startedAtMs ?? 0) + 250)
    const lastDearer = dearer.at(-1)
    const lastCheaper = cheaper.findLast(poll => poll.startedAtMs < (lastDearer?.startedAtMs ?? 0))
    expect(lastDearer?.startedAtMs).toBe((lastCheaper?.startedAtMs ?? 0) + 250)
  })

  test('does not wait for a cheaper lane that does not answer', () => {
    const polls = play(2, 600_000, lane => (lane === 0 ? 5000 : 5))
    expect(of(polls, 1)[0]?.startedAtMs).toBe(5050 + 250)
    expect(Math.max(...gapsMs(of(polls, 1)))).toBeLessThanOrEqual(7500)
  })
})

test('three lanes are polled in the order of their fees', () => {
  const polls = play(3, 60_000, () => 4)
  expect(polls.map(poll => poll.lane)).toEqual(polls.map((_, index) => index % 3))
})

test('for answers of any length there is one call at a time, none within the pause, and no lane is forgotten', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 6000 })), {
        minLength: 1,
      }),
      (laneCount, answersMs) => {
        const untilMs = 300_000
        const polls = play(
          laneCount,
          untilMs,
          (lane, poll) => answersMs[(poll + lane) % answersMs.length] ?? 0,
        )
        for (let lane = 0; lane < laneCount; lane += 1) {
          const own = of(polls, lane)
          // For each cheaper lane half of a pause, and the time to wait for its answer.
          const gapMsMax = 5150 + 2750 * lane
          for (const gapMs of gapsMs(own)) expect(gapMs).toBeGreaterThanOrEqual(5000)
          for (const gapMs of gapsMs(own)) expect(gapMs).toBeLessThanOrEqual(gapMsMax)
          expect((own.at(-1)?.answeredAtMs ?? 0) + gapMsMax).toBeGreaterThanOrEqual(untilMs)
        }
      },
    ),
  )
})
