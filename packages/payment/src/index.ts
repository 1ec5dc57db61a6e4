export { type AmountProblem, amountCentsMax, centsOfDecimal, printCents, readAmountCents } from './cents.ts'
export {
  correlationIdBytes,
  parseCorrelationId,
  printCorrelationId,
  readCorrelationId,
} from './correlation-id.ts'
export { parseInstantMs, printInstant, type Rounding } from './instant.ts'
export type { AttemptOutcome, HealthOutcome, LookupOutcome } from './outcome.ts'
export { type PaymentProblem, type PaymentTarget, readPaymentJson } from './payment-json.ts'
export type { PaymentStatus, ProcessorTotal } from './status.ts'
