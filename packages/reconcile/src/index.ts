export { LedgerReader } from './ledger-reader.ts'
export { Reconciler, type Reconciliation } from './reconciler.ts'
export { ShardedLedger } from './shards.ts'
