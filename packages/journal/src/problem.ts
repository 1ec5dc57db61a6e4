import type { DiskProblem } from './disk.ts'

/** Why a journal cannot be used: where, what is wrong, and what an operator can do. */
export interface JournalProblem {
  readonly file: string
  /** Bytes from the start of the file. */
  readonly offset: number
  readonly words: string
}

export function printProblem({ file, offset, words }: JournalProblem): string {
  return `${file}, byte ${offset}: ${words}`
}

const advice = {
  damaged:
    'Nothing was changed. Restore the directory that JOURNAL_DIR names from a copy, or see with "npm run journal -- verify" what can still be read',
  writers:
    'Two coordinators wrote here at the same time. Copy the directory; see with "npm run journal -- dump" which entries follow there, and post those payments again; then cut the file off at that byte ("truncate -s BYTE FILE"), and start one coordinator',
  foreign: 'Take the file out of the directory that JOURNAL_DIR names, or restore the directory from a copy',
  version: 'Start the program that wrote it, or give JOURNAL_DIR another directory',
  disk: 'Check the disk and its permissions, or give JOURNAL_DIR another directory',
} as const

export function journalProblem(
  file: string,
  offset: number,
  what: string,
  todo: keyof typeof advice = 'damaged',
): JournalProblem {
  return { file, offset, words: `${what}. ${advice[todo]}.` }
}

export function diskProblem(file: string, { code, message }: DiskProblem): JournalProblem {
  return journalProblem(file, 0, `the disk says ${code}: ${message}`, 'disk')
}
