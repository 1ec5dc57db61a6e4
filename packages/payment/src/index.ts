export { amountCentsMax, centsOfDecimal, printCents, readAmountCents } from './cents.ts'
export { type ConflictKind, conflictKinds, type PaymentConflict, type RecordConflict } from './conflict.ts'
export {
  correlationIdBytes,
  parseCorrelationId,
  printCorrelationId,
} from './correlation-id.ts'
export { type Fact, type NoteTopic, noteBytesMax, noteTopics } from './fact.ts'
export { hashId } from './id-hash.ts'
export { instantMsMax, instantPattern, parseInstantMs, printInstant } from './instant.ts'
export {
  type ArchivedSeconds,
  type EarlierAttempt,
  isOpen,
  isRejected,
  type LedgerImage,
  type LedgerPast,
  type Note,
  type PaymentColumns,
  type PaymentState,
  paymentState,
  paymentStateName,
  processorCountMax,
  readPaymentState,
} from './ledger-image.ts'
export {
  type KnownPayment,
  knownCountMax,
  type LedgerAnswer,
  type LedgerIds,
  type LedgerIdsParams,
  type LedgerSource,
  type LedgerSpan,
  type LedgerSpanParams,
  type LedgerSum,
  type LedgerSumParams,
  ledgerIdCountMax,
  ledgerIdKinds,
  type PaymentNow,
} from './ledger-source.ts'
export type { AttemptOutcome, HealthOutcome, LookupOutcome, SummaryOutcome } from './outcome.ts'
export { type PaymentProblem, readPaymentJson } from './payment-json.ts'
export {
  paymentRecordBytes,
  paymentRecordsProblem,
  readPaymentAmountCents,
  writePaymentRecord,
} from './payment-record.ts'
export { clipReason, reasonCountMax, reasonLengthMax } from './reason.ts'
export {
  movedMark,
  movedTo,
  onlyShard,
  printShard,
  type Shard,
  shardCountMax,
  shardLogName,
  shardMark,
  shardOf,
  unfinishedMark,
} from './shard.ts'
export type { PaymentStatus, ProcessorTotal } from './status.ts'
