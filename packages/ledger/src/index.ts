export {
  Ledger,
  type LedgerOptions,
  type PaymentState,
  paymentState,
  type StateCounts,
} from './ledger.ts'
