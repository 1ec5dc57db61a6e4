import { join } from 'node:path'
import { printProblem, readJournal } from '@rinha/journal'
import { readDirectory, shardDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { type ProcessorTotal, processorCountMax } from '@rinha/payment'
import { paymentCountMax, type SettledPayment, settledPayments } from '@rinha/replay'
import { StartProblem } from '@rinha/service'
import { assertShard } from './reshard/source.ts'
import { shardsIn } from './reshard/sources.ts'

const tryCountMax = 3

/** What the journal of a shard, or of the only one, holds. */
interface Books {
  readonly dir: string
  readonly ledger: Ledger
  readonly processors: readonly string[]
}

/** The journals in a JOURNAL_DIR, with their archives: one, or those of all shards. */
export class AllBooks {
  /** All processors that any of them knows. Payments and sums have their indices. */
  readonly processors: readonly string[]
  readonly #all: readonly Books[]

  /** Throws a StartProblem where a journal is missing or damaged. */
  constructor(dir: string) {
    const found = readDirectory(dir)
    if (!found.ok) throw new StartProblem(found.error)
    const shards = shardsIn(dir, false)
    this.#all = shards.map(shard => {
      const books = readBooks(shardDirectory(dir, shard))
      if (shard.count > 1) assertShard(books.ledger, books.dir, shard)
      return books
    })
    this.processors = [...new Set(this.#all.flatMap(({ processors }) => processors))]
  }

  /** What settled in the span, in the order of requestedAt. */
  async *settled(fromMs: number, toMs: number): AsyncIterable<readonly SettledPayment[]> {
    const archives: Awaited<ReturnType<typeof openArchiveIn>>[] = []
    try {
      // After the journals were read: what left a ledger before is in its archive by now.
      for (const books of this.#all) archives.push(await openArchiveIn(books))
      const streams = this.#all.map((books, index) =>
        this.#named(books, settledPayments(books.ledger, archives[index], fromMs, toMs)),
      )
      yield* inOrder(streams)
    } finally {
      for (const archive of archives) await archive?.close()
    }
  }

  async *#named({ processors }: Books, pieces: AsyncIterable<readonly SettledPayment[]>) {
    const places = processors.map(name => this.processors.indexOf(name))
    for await (const piece of pieces)
      yield piece.map(payment => ({ ...payment, processor: places[payment.processor] ?? payment.processor }))
  }

  /** An end of the span lies in time of which a ledger has no exact sums. */
  isCut(fromMs: number | null, toMs: number | null): boolean {
    return this.#all.some(({ ledger }) => ledger.cutEnd(fromMs, toMs) !== undefined)
  }

  /** The sums of the ledgers, which have everything that ever settled. */
  summary(fromMs: number | null, toMs: number | null): readonly ProcessorTotal[] {
    const sums = this.processors.map(() => ({ count: 0, amountCents: 0 }))
    for (const { ledger, processors } of this.#all)
      for (const [index, { count, amountCents }] of ledger.summary(fromMs, toMs).entries()) {
        const sum = sums[this.processors.indexOf(processors[index] ?? '')]
        if (sum === undefined) continue
        sum.count += count
        sum.amountCents += amountCents
      }
    return sums
  }
}

function readBooks(dir: string): Books {
  const disk = readDirectory(dir)
  if (!disk.ok) throw new StartProblem(disk.error)
  for (let tryCount = 1; ; tryCount += 1) {
    const ledger = new Ledger({ processorCount: processorCountMax, paymentCountMax, hashSeed: 1 })
    const found = readJournal(disk.value, ledger)
    if (found.ok && found.value.journalId === undefined)
      throw new StartProblem(`there is no journal in ${dir}`)
    if (found.ok) return { dir, ledger, processors: found.value.processors }
    // A coordinator that takes a snapshot removes files, perhaps while they are read.
    if (tryCount === tryCountMax) throw new StartProblem(printProblem(found.error))
  }
}

async function openArchiveIn({ dir, ledger, processors }: Books) {
  const { readArchive } = await import('@rinha/archive/level')
  const archive = await readArchive(join(dir, 'archive'), ledger.forgotten.count, processors)
  if (!archive.ok) throw new StartProblem(archive.error)
  return archive.value
}

/** Streams that are in order, as one that is. Of each only a piece is in memory. */
async function* inOrder(
  streams: readonly AsyncIterable<readonly SettledPayment[]>[],
): AsyncIterable<readonly SettledPayment[]> {
  let open = streams.map(stream => ({
    next: stream[Symbol.asyncIterator](),
    piece: [] as readonly SettledPayment[],
  }))
  for (;;) {
    for (const each of open)
      while (each.piece.length === 0) {
        const { done, value } = await each.next.next()
        if (done) break
        each.piece = value
      }
    open = open.filter(({ piece }) => piece.length > 0)
    if (open.length === 0) return
    // No stream has anything before the end of its piece that is not in the piece.
    const untilMs = Math.min(...open.map(({ piece }) => piece.at(-1)?.requestedAtMs ?? 0))
    const taken: SettledPayment[] = []
    for (const each of open) {
      const later = each.piece.findIndex(({ requestedAtMs }) => requestedAtMs > untilMs)
      const count = later < 0 ? each.piece.length : later
      for (const payment of each.piece.slice(0, count)) taken.push(payment)
      each.piece = each.piece.slice(count)
    }
    yield open.length === 1 ? taken : taken.sort((one, other) => one.requestedAtMs - other.requestedAtMs)
  }
}
