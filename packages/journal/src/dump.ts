import { unreachable } from '@rinha/base'
import {
  correlationIdBytes,
  type Fact,
  isOpen,
  isRejected,
  type LedgerImage,
  type PaymentColumns,
  paymentRecordBytes,
  paymentState,
  printCents,
  printCorrelationId,
  printInstant,
  readPaymentState,
} from '@rinha/payment'
import type { JournalDisk } from './disk.ts'
import { viewOf } from './format.ts'
import { HistoryReader } from './history.ts'
import type { JournalProblem } from './problem.ts'

/**
 * Tells a journal in lines, an entry each (a payment each where many were accepted together), with its file, offset and
 * frame; payments by their correlationId. In memory are the ids, 16 bytes a payment, and one block of a file.
 *
 * Answers what the reading ended with, where it did not reach the end: everything up to there has been told.
 */
export function dumpJournal(disk: JournalDisk, onLine: (line: string) => void): JournalProblem | undefined {
  const ids = new Ids()
  let snapshot = ''
  const reader = new HistoryReader(disk, undefined, {
    file: (_, name, sizeBytes) => {
      snapshot = name
      onLine(`${name}, ${sizeBytes} bytes`)
    },
    restore: image => {
      for (const line of imageLines(image, ids, nameOf)) onLine(`${snapshot} ${line}`)
    },
    fact: (fact, frame, entryOffset) => {
      for (const line of factLines(fact, ids, nameOf))
        onLine(`${frame.file} @${entryOffset} frame ${frame.number} ${line}`)
    },
  })
  const nameOf = (processor: number) => reader.found.processors[processor] ?? String(processor)
  return reader.read()
}

type NameOf = (processor: number) => string

function* factLines(fact: Fact, ids: Ids, nameOf: NameOf): Generator<string> {
  switch (fact.kind) {
    case 'accepted': {
      const { records } = fact
      for (let at = 0; at < records.length; at += paymentRecordBytes) {
        const row = ids.add(records.subarray(at, at + correlationIdBytes))
        const cents = viewOf(records).getUint32(at + correlationIdBytes + 4)
        yield `accepted ${ids.print(row)} ${printCents(cents)} at ${instant(fact.acceptedAtMs)}`
      }
      return
    }
    case 'sent':
    case 'settled':
    case 'confirmed': {
      const how = fact.kind === 'sent' ? 'to' : 'at'
      yield `${fact.kind} ${ids.print(fact.row)} ${how} ${nameOf(fact.processor)}, requestedAt ${instant(fact.requestedAtMs)}`
      return
    }
    case 'requeued':
      yield `requeued ${ids.print(fact.row)}, doubt ${fact.doubt}`
      return
    case 'rejected':
      yield `rejected ${ids.print(fact.row)}: ${JSON.stringify(fact.reason)}`
      return
    case 'released':
    case 'discarded':
      yield `${fact.kind} ${ids.print(fact.row)}`
      return
    case 'polled':
      yield `polled ${nameOf(fact.processor)}`
      return
    case 'noted':
      yield `noted ${fact.topic}: ${fact.text}`
      return
    case 'retired':
      yield `retired: rows before ${fact.firstRow} leave where they have ended, settlements before ${instant(fact.archivedToMs)} are kept by seconds`
      return
    case 'purged':
      ids.clear()
      yield 'purged'
      return
    default:
      unreachable(fact)
  }
}

function* imageLines(
  { columns, reasons, past, notes = [] }: LedgerImage,
  ids: Ids,
  nameOf: NameOf,
): Generator<string> {
  let [openCount, rejectedCount] = [0, 0]
  const pieces = past === undefined ? columns : [past.stragglers.columns, ...columns]
  ids.begin(past?.firstRow ?? 0, past?.stragglers.rows ?? [])
  for (const { count, ids: bytes, states } of pieces) {
    for (let row = 0; row < count; row += 1) {
      ids.add(bytes.subarray(row * correlationIdBytes, (row + 1) * correlationIdBytes))
      if (isOpen(states[row])) openCount += 1
      if (isRejected(states[row])) rejectedCount += 1
    }
  }
  yield `holds ${ids.count} payments, ${openCount} of them open, ${rejectedCount} rejected`
  if (past !== undefined)
    yield `has ${past.firstRow - past.stragglers.rows.length} more that have left; settlements before ${instant(past.archivedToMs)} are kept by seconds; was purged ${past.purgeCount} times`
  for (const { topic, text } of notes) yield `has noted ${topic}: ${text}`
  let place = 0
  for (const piece of pieces) {
    for (let index = 0; index < piece.count; index += 1) {
      const words = rowWords(piece, index, reasons, nameOf)
      if (words !== undefined) yield `${words[0]} ${ids.print(ids.rowAt(place + index))}${words[1]}`
    }
    place += piece.count
  }
}

/** The text of a row that is not settled: a word, and the fields after its id. */
function rowWords(
  piece: PaymentColumns,
  index: number,
  reasons: readonly string[],
  nameOf: NameOf,
): readonly [string, string] | undefined {
  const accepted = ` accepted at ${instant(piece.acceptedAtMs[index] ?? 0)}`
  const processor = nameOf(piece.processors[index] ?? -1)
  switch (readPaymentState(piece.states[index])) {
    case paymentState.queued:
      return ['queued', accepted]
    case paymentState.refused:
      return ['refused', `${accepted}, by ${processor}`]
    case paymentState.inFlight:
      return [
        'in flight',
        `${accepted}, to ${processor}, requestedAt ${instant(piece.requestedAtMs[index] ?? 0)}`,
      ]
    case paymentState.rejected:
    case paymentState.discarded: {
      const word = piece.states[index] === paymentState.rejected ? 'rejected' : 'discarded'
      return [word, `: ${JSON.stringify(reasons[piece.reasons[index] ?? 0])}`]
    }
    default:
      return undefined
  }
}

function instant(ms: number): string {
  return printInstant(Math.floor(ms))
}

/** The correlationIds by row: those of some rows, and of all from a first one on. */
class Ids {
  #bytes = new Uint8Array(1024 * correlationIdBytes)
  #firstRow = 0
  /** Of the rows before the first one: the places by their rows, and the rows in their places. */
  readonly #places = new Map<number, number>()
  #stragglers: readonly number[] = []
  count = 0

  /** These rows come first, then all from `firstRow` on. */
  begin(firstRow: number, stragglers: Iterable<number>): void {
    this.#firstRow = firstRow
    this.#stragglers = [...stragglers]
    this.#places.clear()
    for (const [place, row] of this.#stragglers.entries()) this.#places.set(row, place)
  }

  add(id: Uint8Array): number {
    const at = this.count * correlationIdBytes
    if (at === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes.set(id, at)
    this.count += 1
    return this.rowAt(this.count - 1)
  }

  /** The row of the id that was added as that one. */
  rowAt(place: number): number {
    return this.#stragglers[place] ?? this.#firstRow + place - this.#stragglers.length
  }

  print(row: number): string {
    const place =
      row < this.#firstRow ? (this.#places.get(row) ?? -1) : row - this.#firstRow + this.#stragglers.length
    return `row ${row} ${printCorrelationId(this.#bytes, place * correlationIdBytes)}`
  }

  clear(): void {
    this.count = 0
    this.begin(0, [])
  }
}
