export { Ledger, type LedgerOptions } from './ledger.ts'
export { ReasonTable } from './reason-table.ts'
