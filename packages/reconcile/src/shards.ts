import { assert, err, ok, type Result } from '@rinha/base'
import {
  type LedgerAnswer,
  type LedgerIds,
  type LedgerIdsParams,
  type LedgerSource,
  type LedgerSpan,
  type LedgerSpanParams,
  type LedgerSum,
  type LedgerSumParams,
  type PaymentNow,
  shardOf,
} from '@rinha/payment'

/** `settled` goes through one shard after the other, so that a place among all of them is one number that only grows. */
const shardRowCount = 2 ** 40

/**
 * The ledgers of all shards as one. Sums are added. A span is what all of them know: it ends before the first attempt, at any
 * shard, that may still be recorded. Where one shard does not tell, nothing is told: a sum of some of them is worth nothing.
 *
 * Each shard tells its sum and the states of its payments of one moment. Those of two shards may be of two moments: what changes
 * in between at one of them is in neither or both of its two figures.
 */
export class ShardedLedger implements LedgerSource {
  readonly #shards: readonly LedgerSource[]

  /** In the order of the shards. */
  constructor(shards: readonly LedgerSource[]) {
    assert(shards.length > 0, 'there is a shard')
    this.#shards = shards
  }

  span(params: LedgerSpanParams, answer: LedgerAnswer<LedgerSpan>): void {
    this.#askAll<LedgerSpan>(
      (shard, _, told) => shard.span(params, told),
      spans => {
        const firstMs = spans.flatMap(each => each.firstMs ?? [])
        return {
          fromMs: Math.max(...spans.map(each => each.fromMs)),
          firstMs: firstMs.length === 0 ? null : Math.min(...firstMs),
          toMs: Math.min(...spans.map(each => each.toMs)),
        }
      },
      answer,
    )
  }

  sum(params: LedgerSumParams, answer: LedgerAnswer<LedgerSum>): void {
    const { known } = params
    const homes = known.map(({ correlationId }) => shardOf(correlationId, this.#shards.length))
    this.#askAll<LedgerSum>(
      (shard, index, told) =>
        shard.sum({ ...params, known: known.filter((_, at) => homes[at] === index) }, told),
      sums => {
        const lists = sums.map(each => each.known[Symbol.iterator]())
        return {
          count: sums.reduce((sum, { count }) => sum + count, 0),
          amountCents: sums.reduce((sum, { amountCents }) => sum + amountCents, 0),
          isCut: sums.some(({ isCut }) => isCut),
          known: homes.map((index): PaymentNow | null => lists[index]?.next().value ?? null),
        }
      },
      answer,
    )
  }

  ids(params: LedgerIdsParams, answer: LedgerAnswer<LedgerIds>): void {
    if (params.kind === 'settled') return this.#settled(params, answer)
    this.#askAll<LedgerIds>(
      (shard, _, told) => shard.ids(params, told),
      lists => ({ ids: inTurns(lists.map(({ ids }) => ids)).slice(0, params.countMax), next: null }),
      answer,
    )
  }

  #settled(params: LedgerIdsParams, answer: LedgerAnswer<LedgerIds>): void {
    const index = Math.floor(params.from / shardRowCount)
    const shard = this.#shards[index]
    if (shard === undefined) return answer(ok({ ids: [], next: null }))
    const following = index + 1 < this.#shards.length ? (index + 1) * shardRowCount : null
    shard.ids({ ...params, from: params.from % shardRowCount }, told =>
      answer(
        told.ok
          ? ok({
              ids: told.value.ids,
              next: told.value.next === null ? following : index * shardRowCount + told.value.next,
            })
          : err(ofShard(index, told.error)),
      ),
    )
  }

  #askAll<Told>(
    ask: (shard: LedgerSource, index: number, told: LedgerAnswer<Told>) => void,
    together: (all: readonly Told[]) => Told,
    answer: LedgerAnswer<Told>,
  ): void {
    const answers: (Result<Told, string> | undefined)[] = this.#shards.map(() => undefined)
    let leftCount = answers.length
    for (const [index, shard] of this.#shards.entries())
      ask(shard, index, told => {
        answers[index] = told.ok ? told : err(ofShard(index, told.error))
        leftCount -= 1
        if (leftCount > 0) return
        const all: Told[] = []
        for (const each of answers) {
          if (each?.ok === false) return answer(each)
          if (each !== undefined) all.push(each.value)
        }
        answer(ok(together(all)))
      })
  }
}

function ofShard(index: number, reason: string): string {
  return `shard ${index}: ${reason}`
}

/** The first of each list, then the second of each, and so on. */
function inTurns<Item>(lists: readonly (readonly Item[])[]): readonly Item[] {
  const length = Math.max(...lists.map(list => list.length))
  return Array.from({ length }, (_, at) => lists.flatMap(list => list.slice(at, at + 1))).flat()
}
