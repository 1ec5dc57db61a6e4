import { readdirSync } from 'node:fs'
import { type BatchOperation, ClassicLevel } from 'classic-level'
import type { ArchivedPayment } from '../archive.ts'
import {
  idKey,
  idKeyBytes,
  idValue,
  readDiscarded,
  readRequestedAtMs,
  readSettled,
  spanKey,
  timeKey,
  timeValue,
  writeIdKey,
} from '../record.ts'
import { ProcessorNumbers } from './processor-numbers.ts'

type Level = ClassicLevel<Uint8Array, Uint8Array>
type Operation = BatchOperation<Level, Uint8Array, Uint8Array>

/** What a store says of itself, under the key 'm'. */
interface Head {
  readonly version: 1
  readonly count: number
  readonly processors: readonly string[]
}
const headKey = Uint8Array.of(0x6d)

/** Large files are fewer: LevelDB keeps a thousand of them open. */
const fileBytesMax = 32 * 2 ** 20
const pieceCount = 1000

/** The payments of one generation in a directory of LevelDB. Every method but `find` throws LevelDB's error. */
export class LevelStore {
  readonly #level: Level
  readonly #numbers: ProcessorNumbers
  readonly #key = new Uint8Array(idKeyBytes)
  #count: number

  private constructor(level: Level, head: Head, processors: readonly string[]) {
    this.#level = level
    this.#count = head.count
    this.#numbers = new ProcessorNumbers(head.processors, processors)
  }

  /** `processors`: the names by the index that payments use. */
  static async open(path: string, processors: readonly string[]): Promise<LevelStore> {
    // LevelDB would take a directory whose first file is lost for a new one, and remove the others.
    const createIfMissing = !readdirSync(path).some(name => name.endsWith('.ldb'))
    const level: Level = new ClassicLevel(path, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      createIfMissing,
      maxFileSize: fileBytesMax,
    })
    await level.open()
    const bytes = level.getSync(headKey)
    const head: Head =
      bytes === undefined
        ? { version: 1, count: 0, processors: [] }
        : JSON.parse(new TextDecoder().decode(bytes))
    const unknown = head.processors.filter(name => !processors.includes(name))
    if (head.version === 1 && unknown.length === 0) return new LevelStore(level, head, processors)
    await level.close()
    throw new Error(
      head.version === 1
        ? `it has payments of ${unknown.join(', ')}, which the journal does not know`
        : `it has version ${head.version}, and this program reads version 1`,
    )
  }

  get count(): number {
    return this.#count
  }

  find(ids: Uint8Array, offset: number): ArchivedPayment | undefined {
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
    const keys = payments.map(payment => idKey(payment.correlationId))
    const found = await this.#level.getMany(keys)
    const operations: Operation[] = []
    const put = (key: Uint8Array, value: Uint8Array) => operations.push({ type: 'put', key, value })
    let newCount = 0
    for (const [index, payment] of payments.entries()) {
      const earlier = found[index]
      const earlierMs = earlier && readRequestedAtMs(earlier)
      if (earlier === undefined) newCount += 1
      if (earlierMs !== undefined && earlierMs !== payment.requestedAtMs)
        operations.push({ type: 'del', key: timeKey(earlierMs, payment.correlationId) })
      put(keys[index] as Uint8Array, idValue(payment))
      if (payment.state !== 'settled') continue
      const key = timeKey(payment.requestedAtMs, payment.correlationId)
      put(key, timeValue(payment, this.#numbers.numberOf(payment.processor)))
    }
    const count = this.#count + newCount
    const head: Head = { version: 1, count, processors: this.#numbers.names }
    put(headKey, new TextEncoder().encode(JSON.stringify(head)))
    await this.#level.batch(operations, { sync: true })
    this.#count = count
  }

  async *settled(fromMs: number, toMs: number): AsyncIterable<readonly ArchivedPayment[]> {
    const entries = this.#level.iterator({ gte: spanKey(fromMs), lt: spanKey(toMs + 1) })
    try {
      for (;;) {
        const piece = await entries.nextv(pieceCount)
        if (piece.length === 0) return
        yield piece.map(([key, value]) => readSettled(key, value, this.#numbers.indexes))
      }
    } finally {
      await entries.close()
    }
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}

/** LevelDB's words for what went wrong; the file that it names is among them. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
