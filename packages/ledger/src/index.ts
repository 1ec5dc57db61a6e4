export { Ledger, type LedgerOptions, type StateCounts } from './ledger.ts'
