import { Books } from '@rinha/processor-model'
import { expect, test } from 'vitest'
import { Auditor, type AuditorReport } from './auditor.ts'
import { World, worldStartMs } from './world.ts'

interface Play {
  readonly rule?: 'abs-of-sum' | 'sum-of-abs'
  readonly skewMsMax?: number
  readonly everyMs?: number
  /** The delays after requestedAt with which each processor and the backend book a payment. */
  readonly processorLagMs: readonly number[]
  readonly backendLagMs: readonly number[]
}

/** One payment every 10 ms to each of the processors, for 20 s, booked as late as said; guard 1000. */
function play({
  rule = 'sum-of-abs',
  skewMsMax = 0,
  everyMs = 100,
  processorLagMs,
  backendLagMs,
}: Play): AuditorReport {
  const world = new World(1)
  const books = processorLagMs.map(() => new Books())
  const own = processorLagMs.map(() => new Books())
  let number = 0
  for (let atMs = 0; atMs < 20_000; atMs += 10)
    for (const [index] of processorLagMs.entries()) {
      const id = new Uint8Array(16)
      new DataView(id.buffer).setUint32(0, number)
      number += 1
      const requestedAtMs = worldStartMs + atMs
      const book = (into: Books | undefined, lagMs = 0) =>
        world.at(requestedAtMs + lagMs + 0.5, () => into?.record(id, 1990, requestedAtMs))
      book(books[index], processorLagMs[index])
      book(own[index], backendLagMs[index])
    }
  const auditor = new Auditor(world, {
    everyMs,
    lookBackMs: 5000,
    guardMs: 1000,
    skewMsMax,
    rule,
    processors: books.map(book => (fromMs, toMs, reply) => reply([book.sum(fromMs, toMs).count])),
    backend: (fromMs, toMs, reply) => reply(own.map(book => book.sum(fromMs, toMs).count)),
  })
  auditor.start(worldStartMs + 15_000)
  world.runUntil(worldStartMs + 30_000)
  return auditor.report
}

test('books that agree before the guard never count as different, however skewed the reads are', () => {
  const report = play({ skewMsMax: 50, processorLagMs: [900, 10], backendLagMs: [930, 20] })
  expect(report).toEqual({
    auditCount: 150,
    mismatchedAuditCount: 0,
    mismatchCount: 0,
    firstMismatchMs: undefined,
  })
})

test('payments that the backend books after the guard are found by every audit in the meantime', () => {
  const report = play({ processorLagMs: [10], backendLagMs: [1500] })
  expect(report.mismatchedAuditCount).toBe(140)
  // 50 payments are between 1000 and 1500 ms old at each audit.
  expect(report.mismatchCount).toBeGreaterThan(139 * 49)
  expect(report.firstMismatchMs).toBe(1000)
})

test('payments that both sides book late at the same time are found only by skewed reads', () => {
  const late = { processorLagMs: [1200], backendLagMs: [1200] }
  expect(play(late).mismatchCount).toBe(0)
  expect(play({ ...late, skewMsMax: 50 }).mismatchCount).toBeGreaterThan(0)
})

test('opposite differences of two processors cancel by the previews’ rule and not by the final’s', () => {
  const crossed = { processorLagMs: [10, 1500], backendLagMs: [1500, 10] }
  expect(play({ ...crossed, rule: 'abs-of-sum' }).mismatchCount).toBe(0)
  expect(play({ ...crossed, rule: 'sum-of-abs' }).mismatchedAuditCount).toBe(140)
})
