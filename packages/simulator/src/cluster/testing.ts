import { Prng } from '@rinha/base'
import type { PaymentStatus } from '@rinha/payment'
import { SimProcessor } from '../processor.ts'
import { World } from '../world.ts'
import { drawPlan, type Plan } from './plan.ts'
import { type PaymentKind, type Posted, PostedPayments } from './posted.ts'
import { emptyTally } from './tally.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'

/** Shared by the tests of the checkers: real books and payments, and an engine whose steps a test chooses. */
export class Facts {
  readonly world = new World(1)
  readonly trace = new Trace(this.world)
  readonly tally = emptyTally()
  readonly posted = new PostedPayments(new Prng(1))
  readonly processors = ['default', 'fallback'].map(name => new SimProcessor(this.world, { name }))
  readonly recorded = this.processors.map(({ books }) => books)
  readonly plan: Plan
  readonly engine = new ToldEngine()

  constructor(plan: Partial<Plan> = {}) {
    this.plan = { ...drawPlan({ seed: 1 }), ...plan }
  }

  /** A payment that was posted, of this kind. */
  post(kind: PaymentKind = 'ordinary'): Posted {
    for (;;) {
      const payment = this.posted.create()
      if (payment.kind === kind) return payment
    }
  }

  /** A processor records it, as it was sent or otherwise. */
  record(payment: Posted, processor = 0, sent: { amountCents?: number; requestedAtMs?: number } = {}): void {
    const { amountCents = payment.amountCents, requestedAtMs = this.atMs } = sent
    payment.attempts.push({ processor, requestedAtMs })
    this.processors[processor]?.books.record(payment.correlationId, amountCents, requestedAtMs)
  }

  get atMs(): number {
    return Math.floor(this.world.nowMs)
  }
}

interface Total {
  readonly count: number
  readonly amountCents: number
}

/** The part of an engine that a checker asks. */
class ToldEngine {
  readonly statuses = new Map<string, PaymentStatus>()
  totals: (fromMs: number | null, toMs: number | null) => readonly Total[] = () => [none, none]
  roomCount = 1000
  underWayCount = 0

  tell(payment: Posted, status: PaymentStatus): void {
    this.statuses.set(String(payment.correlationId), status)
  }

  status(correlationId: Uint8Array): PaymentStatus {
    return this.statuses.get(String(correlationId)) ?? { state: 'absent' }
  }

  summary(fromMs: number | null, toMs: number | null) {
    return this.totals(fromMs, toMs).map((total, index) => ({ processor: `${index}`, ...total }))
  }

  readonly watch = { underWay: () => this.underWayCount }
  /** Nothing is called final. */
  readonly watermark = { completeUpToMs: (): number | null => null }

  checkInvariants(): void {}
}

const none: Total = { count: 0, amountCents: 0 }

/** The violation as `checker: words`, or `nothing`. */
export function blamed(run: () => void): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Violation) return `${error.checker}: ${error.message}`
    throw error
  }
  return 'nothing'
}
