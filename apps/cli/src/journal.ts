import { alignedTable } from '@rinha/base'
import {
  dumpJournal,
  type JournalDisk,
  type JournalProblem,
  type JournalReport,
  printProblem,
  verifyJournal,
} from '@rinha/journal'
import { readDirectory } from '@rinha/journal/fs'
import { type Command, type Complain, command, type Output } from '@rinha/service'
import { choice, required, text } from '@rinha/settings'
import { blockingOutput, isReaderGone } from './write-blocking.ts'

/** UTF-16 units of lines that are written together. */
const pieceLength = 65_536

export const journal: Command = command({
  name: 'journal',
  summary: 'read a coordinator’s journal through: verify or dump',
  typed: 'npm run journal --',
  about: `Reads a coordinator's journal (JOURNAL_DIR) and changes nothing. A coordinator may be writing to the journal meanwhile. It
may then remove files that are being read.`,
  words: {
    what: required(
      choice({
        words: ['verify', 'dump'],
        valueName: 'verify|dump',
        help:
          'verify reads every frame and entry, counts them by file and kind, and says whether the journal is whole; ' +
          'dump prints every entry on a line, payments by their correlationId',
      }),
    ),
    path: required(
      text({ valueName: 'DIR', help: 'the folder of the journal', allowed: 'the path of a folder' }),
    ),
  },
  options: {},
  notes: `Exit code: 0 the journal is whole (an incomplete last write counts as whole: the next start cuts it off); 1 the journal is
damaged, or there is none; 2 a wrong command line. Entries before the damage are shown all the same.`,
  output: blockingOutput,
  work: async ({ what, path }, output, complain) => {
    const disk = readDirectory(path)
    if (!disk.ok) {
      complain(disk.error)
      return 1
    }
    return what === 'verify' ? verify(path, disk.value, output, complain) : dump(disk.value, output, complain)
  },
})

function verify(path: string, disk: JournalDisk, output: Output, complain: Complain): number {
  const report = verifyJournal(disk)
  if (report.files.length === 0 && report.problem === undefined) {
    complain(`there is no journal in ${path}`)
    return 1
  }
  output.stdout.write(reportText(report))
  return report.problem === undefined ? 0 : 1
}

function dump(disk: JournalDisk, output: Output, complain: Complain): number {
  try {
    const problem = dumpPieces(disk, output)
    if (problem === undefined) return 0
    complain(printProblem(problem))
    return 1
  } catch (error) {
    // That is no failure.
    if (isReaderGone(error)) return 0
    throw error
  }
}

function dumpPieces(disk: JournalDisk, output: Output): JournalProblem | undefined {
  let piece = ''
  const problem = dumpJournal(disk, line => {
    piece += `${line}\n`
    if (piece.length < pieceLength) return
    output.stdout.write(piece)
    piece = ''
  })
  output.stdout.write(piece)
  return problem
}

const kinds = [
  'accepted',
  'sent',
  'requeued',
  'settled',
  'rejected',
  'confirmed',
  'released',
  'discarded',
  'polled',
  'noted',
  'purged',
] as const

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
          `${cut.file}: the last ${cut.bytes} bytes, from offset ${cut.offset}, are an incomplete write; the next start cuts them off`,
        ]),
    problem === undefined ? 'The journal is whole.' : `The journal is damaged: ${printProblem(problem)}`,
  ].join('\n')}\n`
}
