import process from 'node:process'
import { alignedTable } from '@rinha/base'
import {
  dumpJournal,
  type JournalDisk,
  type JournalProblem,
  type JournalReport,
  verifyJournal,
} from '@rinha/journal'
import { readDirectory } from '@rinha/journal/fs'
import { writeBlocking } from './write-blocking.ts'

export const journalHelp = `Reads a coordinator's journal (JOURNAL_DIR), and changes nothing. A coordinator may be writing in it, but then files may go
away while they are read.

Usage: npm run journal -- verify DIR
       npm run journal -- dump DIR

  verify   reads every frame and entry and says whether the journal is whole: files, entries by kind, payments
  dump     prints what is in it, an entry a line, payments by their correlationId

Exit code: 0 it is whole (a torn end, which the next start would cut off, is none of its faults); 1 it is damaged, or there is
none; 2 a wrong command line. What comes before the damage is shown all the same.
`

export interface JournalOutput {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** A dump may be gigabytes, and its reader a pager: it is not kept in memory meanwhile. */
const blockingOutput: JournalOutput = {
  stdout: { write: text => writeBlocking(process.stdout.fd, text) },
  stderr: process.stderr,
}
/** UTF-16 units of lines that are written together. */
const pieceLength = 65_536

/** The `journal` command. Resolves with the exit code. */
export async function runJournal(
  argv: readonly string[],
  output: JournalOutput = blockingOutput,
): Promise<number> {
  const [what, path, ...rest] = argv
  if (what === '--help' || what === '-h') {
    output.stdout.write(journalHelp)
    return 0
  }
  if ((what !== 'verify' && what !== 'dump') || path === undefined || path === '' || rest.length > 0) {
    output.stderr.write(`journal: verify DIR or dump DIR is needed, not ${JSON.stringify(argv.join(' '))}\n`)
    return 2
  }
  const disk = readDirectory(path)
  if (!disk.ok) {
    output.stderr.write(`journal: ${disk.error}\n`)
    return 1
  }
  if (what === 'verify') {
    const report = verifyJournal(disk.value)
    if (report.files.length === 0 && report.problem === undefined) {
      output.stderr.write(`journal: there is no journal in ${path}\n`)
      return 1
    }
    output.stdout.write(reportText(report))
    return report.problem === undefined ? 0 : 1
  }
  try {
    return dump(disk.value, output)
  } catch (error) {
    // `journal dump DIR | head`: whoever read it has seen enough.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0
    throw error
  }
}

function dump(disk: JournalDisk, output: JournalOutput): number {
  let piece = ''
  const problem = dumpJournal(disk, line => {
    piece += `${line}\n`
    if (piece.length < pieceLength) return
    output.stdout.write(piece)
    piece = ''
  })
  output.stdout.write(piece)
  if (problem === undefined) return 0
  output.stderr.write(`journal: ${problemText(problem)}\n`)
  return 1
}

const kinds = ['accepted', 'sent', 'requeued', 'settled', 'rejected', 'purged'] as const

function reportText({ files, processors, paymentCount, nextFrame, cut, problem }: JournalReport): string {
  const rows = files.map(({ name, sizeBytes, frameCount, paymentCount: count, entryCounts }) => [
    name,
    ...[sizeBytes, frameCount, count, ...kinds.map(kind => entryCounts[kind])].map(String),
  ])
  return `${[
    ...alignedTable([['file', 'bytes', 'frames', 'payments', ...kinds], ...rows]),
    '',
    `${paymentCount} payments after frame ${nextFrame - 1}; processors: ${processors.join(', ')}`,
    ...(cut === undefined
      ? []
      : [
          `${cut.file}: the last ${cut.bytes} bytes, from ${cut.offset}, are torn; the next start cuts them off`,
        ]),
    problem === undefined ? 'The journal is whole.' : `The journal is damaged: ${problemText(problem)}`,
  ].join('\n')}\n`
}

function problemText({ file, offset, words }: JournalProblem): string {
  return `${file}, byte ${offset}: ${words}`
}
