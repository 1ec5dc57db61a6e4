import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import process from 'node:process'
import { alignedTable, count } from '@rinha/base'
import {
  type ProcessorTotal,
  parseInstantMs,
  printCents,
  printCorrelationId,
  printInstant,
  shardCountMax,
} from '@rinha/payment'
import type { SettledPayment } from '@rinha/replay'
import { type Command, type Complain, command, type Output, StartProblem, UsageProblem } from '@rinha/service'
import { choice, integer, required, text } from '@rinha/settings'
import { AllBooks } from './export-books.ts'
import { reshardPlace } from './reshard/reshard.ts'
import { blockingOutput, isReaderGone, writeBlocking } from './write-blocking.ts'

const progressEveryMs = 1000

export const ledger: Command = command({
  name: 'ledger',
  summary:
    'write what settled in a span of time to a file: export; divide the journals among other shards: reshard',
  typed: 'npm run ledger --',
  about: `export writes every payment that settled with requestedAt in a span, in the order of requestedAt: from the journal (JOURNAL_DIR) and from
the archive in it, or from those of all shards. A coordinator may be writing to them meanwhile. Payments that settle after the command began are left out. At the
end come the totals of each processor. They are those of GET /payments-summary for the same span.

reshard makes the journals and archives for another number of shards (SHARDS), in a new place, from all those in a place that no
coordinator uses. A place is a JOURNAL_DIR, or log:NAME for the replicated logs with this LOG_NAME, whose servers the variables LOG_SERVERS,
LOG_CREDENTIALS_FILE and LOG_BYTES_MAX name as for coordinators. An old directory stays as it is; coordinators that are started on an old
log lead nothing any more. At the end it compares the payments and sums of both.`,
  words: {
    what: required(
      choice({
        words: ['export', 'reshard'],
        valueName: 'export|reshard',
        help: 'write the payments, a line each, or make the journals of other shards',
      }),
    ),
  },
  options: {
    from: instantOption('the first requestedAt of the span; by default, the first of all', 'the old place'),
    to: instantOption(
      'the last requestedAt of the span, included; by default, the last of all',
      'the new one',
    ),
    shards: integer({ min: 1, max: shardCountMax, help: 'reshard: the new number of shards' }),
    format: choice({
      words: ['csv', 'jsonl'],
      fallback: 'csv',
      help: 'csv: a line of names, then a line for each payment; jsonl: a JSON object on a line for each payment',
    }),
    out: text({
      fallback: '',
      valueName: 'FILE',
      help: 'the file to write, replaced when the export is whole; by default, the standard output',
    }),
    dir: text({
      fallback: process.env.JOURNAL_DIR ?? '',
      valueName: 'DIR',
      help: 'the folder of the journal; by default, the variable JOURNAL_DIR',
    }),
  },
  notes: `Exit code: 0 the export is whole, and its totals are those of the ledger; 1 they are not, or the journal or the archive cannot
be read, or the output cannot be written; 2 a wrong command line. Progress and totals go to the standard error.`,
  output: blockingOutput,
  work: async ({ what, shards, ...options }, output, complain) => {
    if (what === 'export') return writeExport(options, output, complain)
    await reshardPlace({ ...options, shards }, output)
    return 0
  },
})

interface ExportOptions {
  readonly from: string
  readonly to: string
  readonly format?: 'csv' | 'jsonl' | undefined
  readonly out: string
  readonly dir: string
}

async function writeExport(
  { from, to, format = 'csv', out, dir }: ExportOptions,
  { stdout, stderr }: Output,
  complain: Complain,
): Promise<number> {
  if (dir === '') throw new UsageProblem('--dir is missing: the folder of the journal')
  const fromMs = boundMs('from', from, 'up') ?? Number.NEGATIVE_INFINITY
  const toMs = boundMs('to', to, 'down') ?? Number.POSITIVE_INFINITY
  if (fromMs > toMs) throw new UsageProblem(`--from ${from} is after --to ${to}`)
  const file = out === '' ? undefined : openPart(out)
  try {
    const books = new AllBooks(dir)
    const totals = books.processors.map(() => ({ count: 0, amountCents: 0 }))
    const write = file?.write ?? (piece => stdout.write(piece))
    const lineOf = { csv: csvLine, jsonl: jsonLine }[format]
    if (format === 'csv') write('correlationId,amount,processor,requestedAt,acceptedAt\n')
    const payments = books.settled(fromMs, toMs)
    await writeAll(payments, payment => lineOf(payment, books.processors), write, totals, stderr)
    stderr.write(totalsText(books.processors, totals))
    const [firstMs, lastMs] = [finite(fromMs), finite(toMs)]
    const isCut = books.isCut(firstMs, lastMs)
    if (isCut) stderr.write(notCompared)
    const problem = isCut ? undefined : differenceTo(books, firstMs, lastMs, totals)
    if (problem !== undefined) {
      complain(problem)
      return 1
    }
    file?.finish()
    return 0
  } catch (error) {
    if (isReaderGone(error)) return 1
    throw error
  } finally {
    file?.close()
  }
}

/** The ledger keeps sums of all that ever settled. So payments that the archive has lost are noticed. */
function differenceTo(
  books: AllBooks,
  fromMs: number | null,
  toMs: number | null,
  totals: readonly ProcessorTotal[],
): string | undefined {
  for (const [index, expected] of books.summary(fromMs, toMs).entries()) {
    const { count: foundCount, amountCents } = totals[index] ?? { count: 0, amountCents: 0 }
    if (foundCount !== expected.count || amountCents !== expected.amountCents)
      return (
        `the export is not whole: the ledger's sums of ${books.processors[index]} are ${expected.count} payments, ` +
        `${printCents(expected.amountCents)}. The archive has lost payments, or was purged meanwhile`
      )
  }
  return undefined
}

function instantOption(help: string, directory: string) {
  return text({
    fallback: '',
    valueName: 'INSTANT|PLACE',
    help: `export: ${help} (ISO 8601, such as 2026-03-01T00:00:00Z; a date alone is its first instant). reshard: ${directory}`,
  })
}

const notCompared =
  'The totals are not compared with the ledger: an end is within a second of time of which it keeps whole seconds.\n'
const finite = (atMs: number) => (Number.isFinite(atMs) ? atMs : null)

function boundMs(name: string, given: string, rounding: 'up' | 'down'): number | undefined {
  if (given === '') return undefined
  const atMs = parseInstantMs(given, rounding)
  if (atMs === undefined) throw new UsageProblem(`--${name} "${given}" is no instant: ISO 8601 is needed`)
  return atMs
}

/** A file beside the one that is wanted, which it replaces when it is whole and is removed otherwise. A pipe or a device is written as it is. */
function openPart(path: string) {
  const isPlace = statSync(path, { throwIfNoEntry: false })?.isFile() === false
  const part = isPlace ? path : `${path}.part`
  try {
    const descriptor = openSync(part, 'w')
    return {
      write: (piece: string) => writeBlocking(descriptor, piece),
      finish: () => {
        if (!isPlace) renameSync(part, path)
      },
      close: () => {
        closeSync(descriptor)
        if (!isPlace) rmSync(part, { force: true })
      },
    }
  } catch (error) {
    throw new StartProblem(`--out ${path} cannot be written: ${(error as Error).message}`)
  }
}

async function writeAll(
  payments: AsyncIterable<readonly SettledPayment[]>,
  lineOf: (payment: SettledPayment) => string,
  write: (piece: string) => void,
  totals: { count: number; amountCents: number }[],
  stderr: Output['stderr'],
): Promise<void> {
  let [writtenCount, saidAtMs] = [0, performance.now()]
  for await (const piece of payments) {
    for (const { processor, amountCents } of piece) {
      const total = totals[processor]
      if (total === undefined)
        throw new StartProblem('a payment settled at a processor that the journal does not know')
      total.count += 1
      total.amountCents += amountCents
    }
    write(piece.map(lineOf).join(''))
    writtenCount += piece.length
    if (performance.now() - saidAtMs < progressEveryMs) continue
    saidAtMs = performance.now()
    stderr.write(`${count(writtenCount)} payments, at ${printInstant(piece.at(-1)?.requestedAtMs ?? 0)}\n`)
  }
}

function fieldsOf(
  { correlationId, amountCents, processor, requestedAtMs, acceptedAtMs }: SettledPayment,
  names: readonly string[],
) {
  return {
    id: printCorrelationId(correlationId),
    decimal: printCents(amountCents),
    name: names[processor] ?? '',
    requestedAt: printInstant(requestedAtMs),
    acceptedAt: printInstant(acceptedAtMs),
  }
}

function csvLine(payment: SettledPayment, names: readonly string[]): string {
  return `${Object.values(fieldsOf(payment, names)).join(',')}\n`
}

function jsonLine(payment: SettledPayment, names: readonly string[]): string {
  const { id, decimal, name, requestedAt, acceptedAt } = fieldsOf(payment, names)
  return `{"correlationId":"${id}","amount":${decimal},"processor":${JSON.stringify(name)},"requestedAt":"${requestedAt}","acceptedAt":"${acceptedAt}"}\n`
}

function totalsText(processors: readonly string[], totals: readonly ProcessorTotal[]): string {
  const rows = processors.map((name, index) => [
    name,
    String(totals[index]?.count ?? 0),
    printCents(totals[index]?.amountCents ?? 0),
  ])
  return `${alignedTable([['processor', 'totalRequests', 'totalAmount'], ...rows]).join('\n')}\n`
}
