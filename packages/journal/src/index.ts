export { type AppendFile, DiskProblem, type JournalDisk } from './disk.ts'
export { dumpJournal } from './dump.ts'
export {
  Journal,
  type JournalFailure,
  type JournalStatus,
  type JournalTimers,
  type JournalWriterOptions,
} from './journal.ts'
export { journalIdBytes, segmentBytesMaxDefault } from './limits.ts'
export type { JournalProblem } from './problem.ts'
export { type JournalOptions, type JournalSink, type Recovered, recoverJournal } from './recover.ts'
export { type FileReport, type JournalReport, verifyJournal } from './verify.ts'
