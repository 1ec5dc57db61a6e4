export { type ReplayOptions, replayJournal } from './replay-journal.ts'
