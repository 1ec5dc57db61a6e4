import { correlationIdOf } from '../k6/wire.ts'
import { measuredOf } from '../score/closing.ts'
import { activeVus } from '../score/ramp.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import { scoreOf } from '../score/scoring.ts'
import type { ReportedRun } from './page.ts'
import type { Recording } from './recorder.ts'
import type { Looked } from './stages.ts'

const run = '0123456789abcdef0123'
const startedAtMs = Date.UTC(2026, 10, 30, 8)

/** For tests: a run of a schedule in which everything went to the default, as it would have been taken down. */
export function recordedRun(schedule: Schedule): ReportedRun {
  const posted: { index: number; atMs: number }[] = []
  for (let atMs = 0; atMs < durationMs(schedule); atMs += 1000)
    for (let user = activeVus(schedule.ramp, schedule.vusMax, atMs); user > 0; user -= 1)
      posted.push({ index: posted.length, atMs: startedAtMs + atMs + (1000 * user) / (schedule.vusMax + 1) })
  posted.sort((one, other) => one.atMs - other.atMs)
  for (const [index, each] of posted.entries()) each.index = index
  const endedAtMs = startedAtMs + durationMs(schedule) + 2500
  const samples = Array.from({ length: durationMs(schedule) / 1000 + 2 }, (_, second) => ({
    atMs: startedAtMs + second * 1000 + 500,
    queuedCount: second,
    oldestQueuedAgeMs: second * 10,
    inFlightCount: 3,
    rejectedCount: 0,
    settledCounts: [second * 100, second],
    reason: 'default: the processor answered 500',
  }))
  const recording: Recording = {
    run,
    startedAtMs,
    endedAtMs,
    posted,
    latencies: posted.map(({ atMs }, at) => ({ atMs, latencyMs: 1 + (at % 7) })),
    samples,
    sampleProblem: undefined,
  }
  const looked: readonly Looked[] = posted
    .filter((_, at) => at % 10 === 0)
    .map(({ index, atMs }) => ({
      index,
      id: correlationIdOf(run, index),
      atMs,
      view: { state: 'settled', processor: 'default', requestedAtMs: atMs + 5 },
    }))
  const count = posted.length
  const totals = {
    default: { count, amountCents: count * schedule.amountCents, feePerTransaction: undefined },
    fallback: { count: 0, amountCents: 0, feePerTransaction: undefined },
  }
  const books = { backend: totals, processors: totals }
  const requests = { acceptedCount: count, failedCount: 0, failures: {}, p99Ms: 2.5 }
  const measured = measuredOf(schedule, requests, [], { books, warnings: [] })
  return {
    title: `Run of ${schedule.name}`,
    schedule,
    measured,
    score: scoreOf(measured.counts, schedule),
    recording,
    findings: { looked, mismatches: [], twice: [], tookMs: 4600 },
  }
}
