import { correlationIdBytes, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { SimProcessor } from '../processor.ts'
import { World } from '../world.ts'
import { engineOptions } from './candidate.ts'
import { CoordinatorPayer } from './payer.ts'

export interface Overload {
  readonly offeredPerSecond: number
  /** Admission's limit; 0: everything is accepted. */
  readonly queueWaitMsMax: number
  readonly durationMs: number
  /** What bounds the rate at which payments settle: the pace, or so many attempts at once that each take as long. */
  readonly bound: { readonly perSecondMax: number } | { readonly countMax: number; readonly delayMs: number }
}

export interface OverloadResult {
  readonly offeredCount: number
  readonly refusedCount: number
  readonly acceptedCount: number
  /** In the end: when nothing more is offered and the queue has drained. */
  readonly settledCount: number
  /** While payments were offered, but for the first second. */
  readonly settledPerSecond: number
  /** The longest time from acceptance to settlement. */
  readonly ageMsMax: number
  readonly retryAfterSecondsMax: number
}

const warmUpMs = 1000
/** The coordinator has polled its processor before the first payment comes. */
const standingMs = 8000
const market = {
  feesBps: [500],
  audit: { everyMs: 10_000, lookBackMs: 0, guardMs: 0, rule: 'abs-of-sum' },
} as const

/** Offers payments at random instants, more than can be settled. Who is refused does not come again. */
export function playOverload({
  offeredPerSecond,
  queueWaitMsMax,
  durationMs,
  bound,
}: Overload): OverloadResult {
  const world = new World(1)
  const prng = world.stream()
  const processor = new SimProcessor(world, { name: 'processor-0' })
  const paymentCountMax = Math.ceil((2 * offeredPerSecond * durationMs) / 1000)
  const numbers =
    'countMax' in bound ? { countMax: bound.countMax } : { ...bound, perSecondMaxAtEnd: bound.perSecondMax }
  const acceptedAtMs: number[] = []
  let [offeredCount, refusedCount, settledCount, ratedCount] = [0, 0, 0, 0]
  let [ageMsMax, retryAfterSecondsMax] = [0, 0]
  let [startMs, endMs] = [0, 0]
  const payer = new CoordinatorPayer(
    world,
    [processor],
    engineOptions('patient', numbers, { ...market, seed: 1 }, paymentCountMax),
    row => {
      const ageMs = world.nowMs - (acceptedAtMs[row] ?? 0)
      settledCount += 1
      ageMsMax = Math.max(ageMsMax, ageMs)
      if (world.nowMs >= startMs + warmUpMs && world.nowMs < endMs) ratedCount += 1
    },
    queueWaitMsMax,
  )
  const offer = () => {
    if (world.nowMs >= endMs) return
    world.after((-Math.log(1 - prng.unit()) * 1000) / offeredPerSecond, offer)
    offeredCount += 1
    const { retryAfterSeconds } = payer
    retryAfterSecondsMax = Math.max(retryAfterSecondsMax, retryAfterSeconds)
    if (retryAfterSeconds > 0) {
      refusedCount += 1
      return
    }
    acceptedAtMs.push(world.nowMs)
    payer.accept(record(offeredCount))
  }
  payer.start()
  world.runUntil(world.nowMs + standingMs)
  if ('delayMs' in bound) processor.setStage({ delayMs: bound.delayMs, failing: false })
  startMs = world.nowMs
  endMs = startMs + durationMs
  offer()
  world.runUntil(endMs)
  for (let waitedMs = 0; settledCount < acceptedAtMs.length && waitedMs < 600_000; waitedMs += 1000)
    world.runUntil(world.nowMs + 1000)
  const ratedSeconds = (durationMs - warmUpMs) / 1000
  return {
    offeredCount,
    refusedCount,
    acceptedCount: acceptedAtMs.length,
    settledCount,
    settledPerSecond: ratedCount / ratedSeconds,
    ageMsMax,
    retryAfterSecondsMax,
  }
}

function record(number: number): Uint8Array {
  const correlationId = new Uint8Array(correlationIdBytes)
  new DataView(correlationId.buffer).setUint32(0, number)
  const bytes = new Uint8Array(paymentRecordBytes)
  writePaymentRecord(bytes, 0, correlationId, 1990)
  return bytes
}
