import { assert, type Prng } from '@rinha/base'
import type { AckLevel } from '@rinha/node'
import { correlationIdBytes, printCorrelationId, shardOf } from '@rinha/payment'

/**
 * What kind of payment an id is, for the checkers and for who plays the world's part:
 * - `ordinary`: has to be settled.
 * - `poison`: the processors answer 400 to it, always.
 * - `foreign`: somebody else has already used its id, at every processor, with another amount.
 * - `stubborn`: has to be settled, but the processors answer 400 to each repeat of an attempt.
 */
export type PaymentKind = 'ordinary' | 'poison' | 'foreign' | 'stubborn'
const kinds: readonly PaymentKind[] = ['ordinary', 'poison', 'foreign', 'stubborn']
const rareKinds = ['poison', 'foreign', 'stubborn'] as const

/** One attempt that the engine asked for. */
interface SeenAttempt {
  readonly processor: number
  readonly requestedAtMs: number
}

/** What is known of one payment from outside. The cluster is never asked for it. */
export interface Posted {
  readonly number: number
  readonly kind: PaymentKind
  readonly correlationId: Uint8Array
  readonly amountCents: number
  /** The id as clients write it. */
  readonly id: string
  /** The shard whose coordinator was given it, -1 for none so far. */
  shard: number
  /** A node took it: bit n for node n. */
  takenBy: number
  /** A node has answered 202: bit n for node n. */
  toldBy: number
  /** The most that a 202 has promised and that no crash has released us from. */
  promised: AckLevel | undefined
  readonly attempts: SeenAttempt[]
  /** Requests of it that may still reach a processor, or are in one. */
  underWayCount: number
  /** A person has ordered that it go back to the queue, and is not told yet that this is done: attempts before that. */
  releasedCount: number
  /** The last attempt's answer was lost. */
  unsure: boolean
  /** An answer was lost, ever. */
  everUnsure: boolean
  /** The processor that recorded it, -1 for none so far. */
  recordedBy: number
  /** Checked against the processor's books; nothing changes any more. */
  ended: boolean
  /** The coordinator had the payment when it crashed or was purged, so no promise holds for it. */
  forgotten: boolean
  /**
   * The payment was in the buffer of a node that died, and no other process had it. Level `received` allows this loss. The
   * payment may still have been on its way; a coordinator that takes it is responsible for it again.
   */
  exposed: boolean
  /** The node that held it died before the coordinator's journal had it: it lives as long as the coordinator does. */
  unsafe: boolean
  /** The coordinator that its node was connected to when it took it: has room for it as long as it lives. */
  owedBy: object | undefined
  /** When a processor last recorded it. */
  recordedAtMs: number
  /**
   * A coordinator that had it died without a journal, and nothing tells the next one that it may have been sent: a second
   * processor may record it.
   */
  excused: boolean
  /** A person has said that a processor has it, or has not. */
  resolved: boolean
  /** A look-up has given a false record of it. */
  misled: boolean
  /** The coordinator crashed since the last attempt, so the outcome of that attempt may not be in the journal. */
  crashed: boolean
}

/** Payments that were posted: all, or those of one shard. */
export type KnownPayments = Pick<PostedPayments, 'all' | 'of' | 'numbered'>

/** All payments ever posted, by their number, which is in the last four bytes of their ids. */
export class PostedPayments {
  readonly all: Posted[] = []
  readonly #prng: Prng
  readonly #shards: readonly Posted[][]

  constructor(prng: Prng, shardCount = 1) {
    this.#prng = prng
    this.#shards = shardCount === 1 ? [this.all] : Array.from({ length: shardCount }, () => [])
  }

  /** The payments of one shard. It knows the others as well, because they may come there by mistake. */
  ofShard(index: number): KnownPayments {
    return {
      all: this.#shards[index] ?? [],
      of: correlationId => this.of(correlationId),
      numbered: number => this.numbered(number),
    }
  }

  create(): Posted {
    const prng = this.#prng
    const number = this.all.length
    const kind: PaymentKind = rareKinds.find(() => prng.chance(0.01)) ?? 'ordinary'
    const correlationId = new Uint8Array(correlationIdBytes)
    const words = [prng.uint32(), prng.uint32(), kinds.indexOf(kind), number]
    for (const [at, word] of words.entries()) writeWord(correlationId, at * 4, word)
    const posted: Posted = {
      number,
      kind,
      correlationId,
      id: printCorrelationId(correlationId),
      // Cents that no binary fraction holds, small and large.
      amountCents: prng.chance(0.5) ? 1990 : prng.integer(1, 10_000_000),
      shard: -1,
      takenBy: 0,
      toldBy: 0,
      promised: undefined,
      attempts: [],
      underWayCount: 0,
      releasedCount: 0,
      unsure: false,
      everUnsure: false,
      recordedBy: -1,
      ended: false,
      forgotten: false,
      exposed: false,
      unsafe: false,
      owedBy: undefined,
      recordedAtMs: Number.NEGATIVE_INFINITY,
      excused: false,
      resolved: false,
      misled: false,
      crashed: false,
    }
    this.all.push(posted)
    if (this.#shards.length > 1) this.#shards[shardOf(correlationId, this.#shards.length)]?.push(posted)
    return posted
  }

  of(correlationId: Uint8Array): Posted {
    return this.numbered(numberOf(correlationId))
  }

  numbered(number: number): Posted {
    const posted = this.all[number]
    assert(posted !== undefined, 'only posted payments are met')
    return posted
  }
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  for (let byte = 0; byte < 4; byte += 1) bytes[at + byte] = word >>> (24 - 8 * byte)
}

/** The number of the payment whose id begins at `offset`. */
export function numberOf(ids: Uint8Array, offset = 0): number {
  let number = 0
  for (let byte = offset + 12; byte < offset + correlationIdBytes; byte += 1) {
    number = (number << 8) | (ids[byte] ?? 0)
  }
  return number >>> 0
}
