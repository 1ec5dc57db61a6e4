export type { PaymentColumns } from './columns.ts'
export {
  Ledger,
  type LedgerOptions,
  type PaymentState,
  paymentState,
  type StateCounts,
} from './ledger.ts'
