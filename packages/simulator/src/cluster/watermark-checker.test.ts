import { expect, test } from 'vitest'
import { blamed, Facts } from './testing.ts'
import { WatermarkChecker } from './watermark-checker.ts'

test.each([
  ['before it, and open', { recordedBy: 1 }, 'inFlight', 5, 'window: payment 0 is recorded at 5'],
  ['before it, and queued again', { recordedBy: 1 }, 'queued', 5, 'window: payment 0 is recorded at 5'],
  ['after it', { recordedBy: 1 }, 'inFlight', 6, 'nothing'],
  ['before it, and booked', { recordedBy: 1 }, 'settled', 5, 'nothing'],
  ['nowhere', {}, 'inFlight', 5, 'nothing'],
  ['twice, which is excused', { recordedBy: 1, excused: true }, 'inFlight', 5, 'nothing'],
  ['before it, and released by a person', { recordedBy: 1, releasedCount: 1 }, 'queued', 5, 'nothing'],
  ['before it, where nothing is final', { recordedBy: 1 }, 'inFlight', 5, 'nothing', null],
] as const)(
  'a payment that is recorded %s',
  (_, known, state, requestedAtMs, said, upToMs: number | null = 5) => {
    const facts = new Facts()
    const payment = Object.assign(facts.post(), known)
    facts.record(payment, 1, { requestedAtMs })
    facts.engine.tell(payment, {
      state,
      amountCents: payment.amountCents,
      processor: 1,
      requestedAtMs,
    } as never)
    const watermark = { completeUpToMs: () => upToMs }
    const engine = Object.assign(facts.engine, { watermark }) as never
    const checker = new WatermarkChecker(facts)
    expect(blamed(() => checker.check(engine, [payment], { nowMs: 0, wallMs: 0 }))).toContain(said)
  },
)
