import { type ArchivedSeconds, type LedgerPast, type PaymentColumns, processorCountMax } from '@rinha/payment'
import { isInstant } from './entry-codec.ts'
import { chunkHeaderBytes, chunkKind, viewOf } from './format.ts'
import { columnsProblem, encodeRows, readColumns, rowBytes, slice } from './image-rows.ts'
import { chunkPieceCount, chunkRowCount, chunkRowCountMax, rowCountMax } from './limits.ts'

/** What a ledger remembers of payments that have left it, as chunks of a snapshot, and back; format.ts has the layout. */

const headBytes = 5 * 8 + 4
const leftBytes = 1 + 8 + 8
const pieceHeadBytes = 1 + 8 + 2
const entryBytes = 2 + 4 + 8

/** Chunks by kind, each with room for its header. */
export function* encodePast(past: LedgerPast): Generator<readonly [kind: number, bytes: Uint8Array]> {
  yield [chunkKind.past, encodeHead(past)]
  const { rows, columns } = past.stragglers
  for (let from = 0; from < columns.count; from += chunkRowCount) {
    const to = Math.min(columns.count, from + chunkRowCount)
    yield [chunkKind.stragglers, encodeRows(slice(columns, from, to), rows.slice(from, to))]
  }
  for (let from = 0; from < past.seconds.length; from += chunkPieceCount)
    yield [chunkKind.seconds, encodeSeconds(past.seconds.slice(from, from + chunkPieceCount))]
}

function encodeHead({ settled, ...past }: LedgerPast): Uint8Array {
  const bytes = new Uint8Array(chunkHeaderBytes + headBytes + settled.length * leftBytes)
  const view = viewOf(bytes)
  const { purgeCount, firstRow, archivedToMs, acceptedCents, discardedCount } = past
  for (const [index, each] of [purgeCount, firstRow, archivedToMs, acceptedCents, discardedCount].entries())
    view.setFloat64(chunkHeaderBytes + index * 8, each, true)
  view.setUint32(chunkHeaderBytes + headBytes - 4, settled.length, true)
  for (const [index, { processor, count, amountCents }] of settled.entries()) {
    const at = chunkHeaderBytes + headBytes + index * leftBytes
    view.setUint8(at, processor)
    view.setFloat64(at + 1, count, true)
    view.setFloat64(at + 9, amountCents, true)
  }
  return bytes
}

function encodeSeconds(pieces: readonly ArchivedSeconds[]): Uint8Array {
  const bytesOf = ({ offsets }: ArchivedSeconds) => pieceHeadBytes + offsets.length * entryBytes
  const bytesCount = pieces.reduce((sum, piece) => sum + bytesOf(piece), 4)
  const bytes = new Uint8Array(chunkHeaderBytes + bytesCount)
  const view = viewOf(bytes)
  view.setUint32(chunkHeaderBytes, pieces.length, true)
  let at = chunkHeaderBytes + 4
  for (const { processor, firstKey, offsets, counts, cents } of pieces) {
    view.setUint8(at, processor)
    view.setFloat64(at + 1, firstKey, true)
    view.setUint16(at + 9, offsets.length, true)
    at += pieceHeadBytes
    for (const column of [offsets, counts, cents]) {
      bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
      at += column.byteLength
    }
  }
  return bytes
}

/** Reads these chunks. Every answer is a problem or undefined. */
export class PastReader {
  readonly #processorCount: number
  #head: Omit<LedgerPast, 'stragglers' | 'seconds'> | undefined
  readonly #rows: number[] = []
  readonly #columns: PaymentColumns[] = []
  readonly #seconds: ArchivedSeconds[] = []

  constructor(processorCount: number) {
    this.#processorCount = processorCount
  }

  get firstRow(): number {
    return this.#head?.firstRow ?? 0
  }

  get past(): LedgerPast | undefined {
    if (this.#head === undefined) return undefined
    const stragglers = { rows: Float64Array.from(this.#rows), columns: joined(this.#columns) }
    return { ...this.#head, stragglers, seconds: this.#seconds }
  }

  /** The state of a straggler. */
  stateOf(row: number): number | undefined {
    let index = this.#rows.indexOf(row)
    for (const { count, states } of this.#columns) {
      if (index < count) return states[index]
      index -= count
    }
    return undefined
  }

  readHead(payload: Uint8Array): string | undefined {
    const view = viewOf(payload)
    if (this.#head !== undefined) return 'what has left is told twice'
    const count = payload.length < headBytes ? processorCountMax + 1 : view.getUint32(headBytes - 4, true)
    if (count > processorCountMax || payload.length !== headBytes + count * leftBytes)
      return 'what has left has a wrong length'
    const at = (index: number) => view.getFloat64(index * 8, true)
    const [purgeCount, firstRow, archivedToMs, acceptedCents] = [at(0), at(1), at(2), at(3)]
    const settled = Array.from({ length: count }, (_, index) => {
      const from = headBytes + index * leftBytes
      return {
        processor: view.getUint8(from),
        count: view.getFloat64(from + 1, true),
        amountCents: view.getFloat64(from + 9, true),
      }
    })
    this.#head = { purgeCount, firstRow, archivedToMs, acceptedCents, discardedCount: at(4), settled }
    const counts = [purgeCount, firstRow, acceptedCents, at(4)]
    const isSound =
      counts.every(isCount) &&
      firstRow <= rowCountMax &&
      isInstant(archivedToMs) &&
      archivedToMs % 1000 === 0 &&
      settled.every(
        each => each.processor < this.#processorCount && isCount(each.count) && isCount(each.amountCents),
      )
    return isSound ? undefined : 'what has left has numbers out of their limits'
  }

  readStragglers(payload: Uint8Array, reasonCount: number): string | undefined {
    const count = viewOf(payload).getUint32(0, true)
    if (count === 0 || count > chunkRowCountMax) return `a chunk of ${count} stragglers`
    if (payload.length !== 4 + count * (8 + rowBytes)) return 'a chunk of stragglers has a wrong length'
    const rows = new Float64Array(Uint8Array.from(payload.subarray(4, 4 + count * 8)).buffer)
    for (const row of rows) {
      const isNext = Number.isSafeInteger(row) && row > (this.#rows.at(-1) ?? -1) && row < this.firstRow
      if (!isNext) return `a straggler in row ${row}, out of its order`
      this.#rows.push(row)
    }
    const columns = readColumns(payload, count, 4 + count * 8)
    this.#columns.push(columns)
    return columnsProblem(columns, this.#processorCount, reasonCount)
  }

  readSeconds(payload: Uint8Array): string | undefined {
    const view = viewOf(payload)
    let at = 4
    for (let left = view.getUint32(0, true); left > 0; left -= 1) {
      const count = at + pieceHeadBytes > payload.length ? 0 : view.getUint16(at + 9, true)
      const end = at + pieceHeadBytes + count * entryBytes
      if (count === 0 || end > payload.length) return 'a piece of archived time has a wrong length'
      const next = (from: number, to: number) => Uint8Array.from(payload.subarray(from, to)).buffer
      const [from, counts, cents] = [at + pieceHeadBytes, count * 2, count * 6]
      const piece = {
        processor: view.getUint8(at),
        firstKey: view.getFloat64(at + 1, true),
        offsets: new Uint16Array(next(from, from + counts)),
        counts: new Uint32Array(next(from + counts, from + cents)),
        cents: new Float64Array(next(from + cents, end)),
      }
      this.#seconds.push(piece)
      const problem = this.#pieceProblem(piece)
      if (problem !== undefined) return problem
      at = end
    }
    return at === payload.length ? undefined : 'a chunk of archived time has a wrong length'
  }

  #pieceProblem({ processor, firstKey, offsets, counts, cents }: ArchivedSeconds): string | undefined {
    if (processor >= this.#processorCount)
      return `archived time of processor ${processor} of ${this.#processorCount}`
    const isAscending = offsets.every((offset, index) => index === 0 || offset > (offsets[index - 1] ?? 0))
    const lastKey = firstKey + (offsets.at(-1) ?? 0)
    const isBefore = isCount(firstKey) && Math.floor(lastKey / 2) * 1000 < (this.#head?.archivedToMs ?? 0)
    if (!isAscending || !isBefore) return 'archived time out of its order'
    const isSound = counts.every(count => count > 0) && cents.every(each => isCount(each) && each > 0)
    return isSound ? undefined : 'archived time with a sum out of its limits'
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function joined(pieces: readonly PaymentColumns[]): PaymentColumns {
  const count = pieces.reduce((sum, piece) => sum + piece.count, 0)
  const all = readColumns(new Uint8Array(count * rowBytes), count, 0)
  let row = 0
  for (const piece of pieces) {
    all.ids.set(piece.ids, row * 16)
    all.amountCents.set(piece.amountCents, row)
    all.acceptedAtMs.set(piece.acceptedAtMs, row)
    all.states.set(piece.states, row)
    all.processors.set(piece.processors, row)
    all.requestedAtMs.set(piece.requestedAtMs, row)
    all.reasons.set(piece.reasons, row)
    row += piece.count
  }
  return all
}
