export type { AppendFile, JournalDisk } from './disk.ts'
export { dumpJournal } from './dump.ts'
export {
  Journal,
  type JournalTimers,
  type JournalWriterOptions,
} from './journal.ts'
export { journalIdBytes, segmentBytesMaxDefault } from './limits.ts'
export type { JournalProblem } from './problem.ts'
export { type Recovered, recoverJournal } from './recover.ts'
export { type JournalReport, verifyJournal } from './verify.ts'
