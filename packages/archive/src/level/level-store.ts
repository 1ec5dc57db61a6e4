import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { assert } from '@rinha/base'
import { correlationIdBytes } from '@rinha/payment'
import { type BatchOperation, ClassicLevel } from 'classic-level'
import type { ArchivedPayment } from '../archive.ts'
import {
  idKey,
  idKeyBytes,
  idSpan,
  idValue,
  pendingKey,
  pendingSpan,
  readDiscarded,
  readRequestedAtMs,
  readSettled,
  spanKey,
  timeKey,
  timeValue,
  writeIdKey,
} from '../record.ts'
import { KnownIds } from './known-ids.ts'
import { ProcessorNumbers } from './processor-numbers.ts'

type Level = ClassicLevel<Uint8Array, Uint8Array>
type Operation = BatchOperation<Level, Uint8Array, Uint8Array>

/** What a store says of itself, under the key 'm'. Version 2: the filter knows every id. */
interface Head {
  readonly version: 1 | 2
  readonly count: number
  readonly processors: readonly string[]
}
const headKey = Uint8Array.of(0x6d)

/** Large files are fewer: LevelDB keeps a thousand of them open. */
const fileBytesMax = 32 * 2 ** 20
const pieceCount = 1000
/** The filter is written to disk each time that so many ids have come. */
const unsyncedCountMax = 2 ** 16
/** The event loop goes on each time that so many ids have been written to the filter. */
const turnCount = 64

export interface LevelStoreOptions {
  /** The names of the processors, by the index that payments use. */
  readonly processors: readonly string[]
  /** Missing: look-ups ask LevelDB itself, and nothing can be added. */
  readonly filter?: FilterOptions
}

interface FilterOptions {
  /** The ids that the smallest filter has room for: a power of two. */
  readonly idCountMin: number
  /** The filter of an archive with so many payments is built, which takes seconds for millions. */
  readonly onBuild: (paymentCount: number) => void
}

/** The payments of one generation in a directory of LevelDB. Every method throws LevelDB's error, or that of the file system. */
export class LevelStore {
  readonly #level: Level
  readonly #numbers: ProcessorNumbers
  readonly #known: KnownIds | undefined
  readonly #key = new Uint8Array(idKeyBytes)
  #count: number
  /** Of the ids that the filter may lose with the machine: how many, in how many groups. */
  #unsyncedCount = 0
  #pendingCount = 0

  private constructor(level: Level, head: Head, processors: readonly string[], known: KnownIds | undefined) {
    this.#level = level
    this.#count = head.count
    this.#numbers = new ProcessorNumbers(head.processors, processors)
    this.#known = known
  }

  static async open(path: string, options: LevelStoreOptions): Promise<LevelStore> {
    // LevelDB would take a directory whose first file is lost for a new one, and remove the others.
    const createIfMissing = !readdirSync(path).some(name => name.endsWith('.ldb'))
    const level: Level = new ClassicLevel(path, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      createIfMissing,
      maxFileSize: fileBytesMax,
    })
    await level.open()
    try {
      const head = readHead(level, options.processors)
      const known = options.filter && (await openFilter(path, level, head, options.filter))
      return new LevelStore(level, head, options.processors, known)
    } catch (error) {
      await level.close()
      throw error
    }
  }

  get count(): number {
    return this.#count
  }

  find(ids: Uint8Array, offset: number): ArchivedPayment | undefined {
    if (this.#known?.has(ids, offset) === false) return undefined
    writeIdKey(this.#key, ids, offset)
    const value = this.#level.getSync(this.#key)
    if (value === undefined) return undefined
    const id = this.#key.slice(1)
    const requestedAtMs = readRequestedAtMs(value)
    if (requestedAtMs === undefined) return readDiscarded(id, value)
    const key = timeKey(requestedAtMs, id)
    return readSettled(key, this.#level.getSync(key) ?? new Uint8Array(0), this.#numbers.indexes)
  }

  async add(payments: readonly ArchivedPayment[]): Promise<void> {
    const earlierMs = await this.#earlier(payments)
    const operations: Operation[] = []
    const put = (key: Uint8Array, value: Uint8Array) => operations.push({ type: 'put', key, value })
    for (const payment of payments) {
      const atMs = earlierMs.get(payment)
      if (atMs !== undefined && atMs !== payment.requestedAtMs)
        operations.push({ type: 'del', key: timeKey(atMs, payment.correlationId) })
      put(idKey(payment.correlationId), idValue(payment))
      if (payment.state !== 'settled') continue
      const key = timeKey(payment.requestedAtMs, payment.correlationId)
      put(key, timeValue(payment, this.#numbers.numberOf(payment.processor)))
    }
    if (this.#unsyncedCount >= unsyncedCountMax) await this.#syncFilter()
    const count = this.#count + payments.length - earlierMs.size
    put(pendingKey(this.#pendingCount), idsOf(payments))
    put(headKey, printHead({ version: 2, count, processors: this.#numbers.names }))
    await this.#level.batch(operations, { sync: true })
    this.#count = count
    this.#pendingCount += 1
    this.#unsyncedCount += payments.length
  }

  async *settled(fromMs: number, toMs: number): AsyncIterable<readonly ArchivedPayment[]> {
    for await (const piece of pieces(this.#level, { gte: spanKey(fromMs), lt: spanKey(toMs + 1) }))
      yield piece.map(([key, value]) => readSettled(key, value, this.#numbers.indexes))
  }

  async *discarded(): AsyncIterable<readonly ArchivedPayment[]> {
    for await (const piece of pieces(this.#level, idSpan))
      yield piece
        .filter(([, value]) => readRequestedAtMs(value) === undefined)
        .map(([key, value]) => readDiscarded(new Uint8Array(key.subarray(1)), value))
  }

  async close(): Promise<void> {
    this.#known?.close()
    await this.#level.close()
  }

  /**
   * Those of the payments that are here already, as after a crash between this and the ledger's next step, with the requestedAt
   * that they have here. The others are in the filter afterwards.
   */
  async #earlier(payments: readonly ArchivedPayment[]): Promise<Map<ArchivedPayment, number | undefined>> {
    assert(this.#known !== undefined, 'payments are added with a filter')
    const perhaps: ArchivedPayment[] = []
    for (const [index, payment] of payments.entries()) {
      if (index % turnCount === turnCount - 1) await nextTurn()
      if (this.#known.has(payment.correlationId, 0)) perhaps.push(payment)
      else this.#known.add(payment.correlationId, this.#count + index)
    }
    const values = await this.#level.getMany(perhaps.map(payment => idKey(payment.correlationId)))
    const earlier = new Map<ArchivedPayment, number | undefined>()
    for (const [index, payment] of perhaps.entries()) {
      const value = values[index]
      if (value !== undefined) earlier.set(payment, readRequestedAtMs(value))
    }
    return earlier
  }

  async #syncFilter(): Promise<void> {
    await this.#known?.sync()
    await this.#level.clear(pendingSpan)
    this.#unsyncedCount = 0
    this.#pendingCount = 0
  }
}

function idsOf(payments: readonly ArchivedPayment[]): Uint8Array {
  const ids = new Uint8Array(payments.length * correlationIdBytes)
  for (const [index, { correlationId }] of payments.entries())
    ids.set(correlationId, index * correlationIdBytes)
  return ids
}

function readHead(level: Level, processors: readonly string[]): Head {
  const bytes = level.getSync(headKey)
  if (bytes === undefined) return { version: 2, count: 0, processors: [] }
  const head: Head = JSON.parse(new TextDecoder().decode(bytes))
  if (head.version !== 1 && head.version !== 2)
    throw new Error(`it has version ${head.version}, and this program reads versions 1 and 2`)
  const unknown = head.processors.filter(name => !processors.includes(name))
  if (unknown.length === 0) return head
  throw new Error(`it has payments of ${unknown.join(', ')}, which the journal does not know`)
}

function writeHead(level: Level, head: Head): Promise<void> {
  return level.put(headKey, printHead(head), { sync: true })
}

const printHead = (head: Head) => new TextEncoder().encode(JSON.stringify(head))

/** The filter with all ids of the store. It is built anew where a file of it is missing, and for a store of version 1, which had none. */
async function openFilter(
  path: string,
  level: Level,
  head: Head,
  { idCountMin, onBuild }: FilterOptions,
): Promise<KnownIds> {
  const known = new KnownIds(path, idCountMin)
  try {
    if (head.version === 1 || !known.openExisting(head.count)) {
      onBuild(head.count)
      // Files that are there may be older than the store: they are begun anew.
      known.close()
      if (head.version === 2) await writeHead(level, { ...head, version: 1 })
      let count = 0
      for await (const piece of pieces(level, idSpan))
        for (const [key] of piece) known.add(key.subarray(1), count++)
    } else {
      for await (const piece of pieces(level, pendingSpan))
        for (const [, ids] of piece) addAll(known, ids, head.count - 1)
    }
    await known.sync()
    await level.clear(pendingSpan)
    if (head.count > 0 && head.version === 1) await writeHead(level, { ...head, version: 2 })
    return known
  } catch (error) {
    known.close()
    throw error
  }
}

function addAll(known: KnownIds, ids: Uint8Array, count: number): void {
  for (let at = 0; at < ids.length; at += correlationIdBytes)
    known.add(ids.subarray(at, at + correlationIdBytes), count)
}

interface Span {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

async function* pieces(level: Level, span: Span): AsyncIterable<readonly [Uint8Array, Uint8Array][]> {
  const entries = level.iterator(span)
  try {
    for (;;) {
      const piece = await entries.nextv(pieceCount)
      if (piece.length === 0) return
      yield piece
    }
  } finally {
    await entries.close()
  }
}

/** LevelDB's words for what went wrong; the file that it names is among them. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
