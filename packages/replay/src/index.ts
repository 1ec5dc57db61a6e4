export { type ReplayOptions, replayJournal } from './replay-journal.ts'
export { type SettledPayment, settledPayments } from './settled-payments.ts'
