export { Ledger, type LedgerOptions } from './ledger.ts'
export { pastOf } from './past-of.ts'
export { ReasonTable } from './reason-table.ts'
