import type { LookUpAnswer, PaymentRequest } from './processor-model.ts'

/** What a look-up of a recorded payment is answered in place of the truth; `text` and `empty` are bodies that are no JSON. */
export const lookUpLies = ['none', 'amount', 'id', 'instant', 'text', 'empty'] as const
type LookUpLie = (typeof lookUpLies)[number]

/** How a processor misbehaves, beyond the two switches that the original has; {@link noFaults}: not at all. */
export interface ProcessorFaults {
  /** The status with which payments are answered. 0: the usual one. */
  readonly paymentStatus: number
  /** The percentage of payments that `paymentStatus` and `continueFirst` apply to, evenly spread. */
  readonly paymentPercent: number
  /** When a payment with another status is recorded all the same: 0 before its answer, else so long after it; never where negative. */
  readonly insertAfterMs: number
  /** With the answers of `paymentStatus`; 0: without. */
  readonly retryAfterS: number
  /** `100 Continue` goes before the answer, unasked. */
  readonly continueFirst: boolean
  /** A payment is not found until so long after its insert, as on a replica that lags. */
  readonly lookUpStaleMs: number
  /** What every look-up is answered; 0: what it would be anyway. */
  readonly lookUpStatus: number
  readonly lookUpLie: LookUpLie
  /** The health endpoint says failing, whatever the switch. */
  readonly healthFailing: boolean
}

export const noFaults: ProcessorFaults = {
  paymentStatus: 0,
  paymentPercent: 100,
  insertAfterMs: -1,
  retryAfterS: 0,
  continueFirst: false,
  lookUpStaleMs: 0,
  lookUpStatus: 0,
  lookUpLie: 'none',
  healthFailing: false,
}

/** An answer in place of the processor's own, or around it. */
export interface Instead {
  /** 0: the processor's own, status and body. */
  readonly status: number
  readonly body: string
  readonly retryAfterS: number
  readonly continueFirst: boolean
}

/** An answer in place of the processor's own, or a reset of the connection without an answer. */
export type InsteadOfAnswer = Instead | 'reset'

/** Only a status, as a gateway in front of a processor answers it. */
export function bare(status: number): Instead {
  return { status, body: '', retryAfterS: 0, continueFirst: false }
}

/** What the next payment is answered in place of the truth; undefined: nothing. `number` counts payments from 0. */
export function insteadOfPayment(faults: ProcessorFaults, number: number): Instead | undefined {
  const { paymentStatus: status, paymentPercent, retryAfterS, continueFirst } = faults
  const isMeant = (number * paymentPercent) % 100 < paymentPercent
  if (!isMeant || (status === 0 && !continueFirst)) return undefined
  return { status, body: '', retryAfterS, continueFirst }
}

/** The answer to a look-up whose true answer is `truth`: a false record, or something else in its place. */
export function lieOf(faults: ProcessorFaults, truth: LookUpAnswer): LookUpAnswer | Instead {
  const { lookUpStatus, lookUpLie } = faults
  if (lookUpStatus !== 0) return bare(lookUpStatus)
  if (truth.status !== 200 || lookUpLie === 'none') return truth
  if (lookUpLie === 'text') return { ...bare(200), body: '<html>It works!</html>' }
  if (lookUpLie === 'empty') return bare(200)
  return { status: 200, payment: { ...truth.payment, ...falsified(truth.payment, lookUpLie) } }
}

function falsified(payment: PaymentRequest, lie: 'amount' | 'id' | 'instant'): Partial<PaymentRequest> {
  switch (lie) {
    case 'amount':
      return { amountCents: payment.amountCents + 1 }
    case 'id':
      return { correlationId: payment.correlationId.map(byte => byte ^ 1) }
    case 'instant':
      return { requestedAtMs: 0 }
  }
}
