export { type ReplayOptions, replayJournal } from './replay-journal.ts'
export { reshard, type ShardSource } from './reshard/reshard.ts'
export { paymentCountMax } from './reshard/shard-ledger.ts'
export { type SettledPayment, settledPayments } from './settled-payments.ts'
