export { type AppendFile, DiskProblem, type JournalDisk } from './disk.ts'
export { dumpJournal } from './dump.ts'
export type { FoundJournal } from './history.ts'
export {
  Journal,
  type JournalFailure,
  type JournalStatus,
  type JournalWriterOptions,
} from './journal.ts'
export { journalIdBytes, segmentBytesMaxDefault } from './limits.ts'
export type { JournalProblem } from './problem.ts'
export { type JournalOptions, type JournalSink, recoverJournal } from './recover.ts'
export { type FileReport, type JournalReport, verifyJournal } from './verify.ts'
