export type { AppendFile, JournalDisk } from './disk.ts'
export { dumpJournal } from './dump.ts'
export type { FoundJournal } from './history.ts'
export {
  Journal,
  type JournalWriterOptions,
} from './journal.ts'
export { journalIdBytes, segmentBytesMaxDefault } from './limits.ts'
export { type JournalProblem, printProblem } from './problem.ts'
export { readJournal, recoverJournal } from './recover.ts'
export { type JournalReport, verifyJournal } from './verify.ts'
