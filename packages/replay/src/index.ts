export { type Replay, type ReplayOptions, replayJournal } from './replay-journal.ts'
