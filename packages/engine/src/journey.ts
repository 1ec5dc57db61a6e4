import type { LookupOutcome } from '@rinha/payment'
import type { Permit } from '@rinha/routing'
import type { WorkToken } from './events.ts'

/**
 * A journey is what the engine remembers of a payment, besides the ledger's row, while an attempt or a look-up is under
 * way. A payment that only waits in the queue has none. A journey is not journaled: after a crash the next engine finds
 * a row in flight, and begins with the question `resolve`.
 *
 * Its stage, and what ends it:
 * - `sending`: an attempt is under way (the row is in flight). Ends with the attempt's outcome. `earlier` says what is
 *   known of attempts at this processor before it: none was read, one was read and refused, or the answer of one is lost.
 * - `asking`: a look-up is under way at the row's processor. Ends with its answer.
 * - `waiting`: nothing is under way; at its deadline the same question is asked (again). A payment that was
 *   not found may have no deadline: it is sent again once its lane has room.
 *
 * The question of a look-up:
 * - `resolve` (row in flight): an answer was lost. Found: it settles. Absent: the same attempt is made again.
 * - `readBack` (row in flight): the processor said that it has the payment, and an attempt of ours was there. So it is
 *   recorded, for ever; the only question is under which requestedAt. An absence is then a stale answer: ask again.
 * - `first` (row queued): a coordinator before this one may have sent it, which this one cannot know. Every processor is
 *   asked, one after the other, when an absence is proof (newcomers.ts). Found, and found again: it settles there, as it was
 *   sent. Absent everywhere: it waits in the queue, as new.
 * - `move` (row refused): another processor wants it. Absent: it may go there. Found: it settles here after all.
 */
export interface Journey {
  readonly row: number
  /** Monotonic: when it was accepted. */
  readonly enteredAtMs: number
  stage: Stage
  /** Monotonic: when its last attempt was sent; before all time where this journey has seen none. */
  sentAtMs: number
  /** Pauses so far, for the back-off. */
  retryCount: number
  /** It was sent again, by this engine, after a look-up had not found it. */
  isRepeated?: boolean
  /** Of the question `first`: the processor that is asked. Those before it do not have the payment. */
  askedProcessor?: number
  /** That processor has answered 422: an absence is then a stale answer. */
  isThere?: boolean
  /**
   * And the record that the last look-up found. It is believed when a second look-up finds the same, because there is no
   * attempt of ours to compare it with.
   */
  foundFirst?: Found
  /** Why the payment does not end, and since when (monotonic); see attention.ts. */
  trouble?: Trouble
}

export type Found = Extract<LookupOutcome, { readonly kind: 'found' }>

export interface Trouble {
  readonly sinceMs: number
  /** The latest answer that ended nothing. */
  readonly reason: string
  /** Asking again will not end it, as far as its processor has said. */
  readonly isHopeless: boolean
}

/** The trouble after one more answer. A `hopeless` one is kept when a later answer says less. */
export function troubled(
  before: Trouble | undefined,
  nowMs: number,
  reason: string,
  isHopeless: boolean,
): Trouble {
  if (before?.isHopeless && !isHopeless) return before
  return { sinceMs: before?.sinceMs ?? nowMs, reason, isHopeless }
}

export type Stage =
  | { readonly kind: 'sending'; readonly permit: Permit; readonly earlier: Earlier }
  | { readonly kind: 'asking' | 'waiting'; readonly question: Question }

export type Earlier = 'none' | 'refused' | 'lost'
export type Question = 'resolve' | 'readBack' | 'move' | 'first'

/** Whether an attempt of it may have been recorded without us knowing. */
export function isInDoubt({ stage }: Journey): boolean {
  if (stage.kind === 'sending') return stage.earlier === 'lost'
  return stage.question === 'resolve' || stage.question === 'readBack'
}

/** Of a journey that has seen no attempt. */
export const notSent = Number.NEGATIVE_INFINITY

/** The token that the shell keeps while it works on an effect, and gives back unchanged. */
export class Work implements WorkToken {
  readonly journey: Journey
  readonly processor: number
  readonly generation: number
  isOver = false

  constructor(journey: Journey, processor: number, generation: number) {
    this.journey = journey
    this.processor = processor
    this.generation = generation
  }
}

/** The stages that hold nothing of their own. */
export const stages = { asking: stagesOf('asking'), waiting: stagesOf('waiting') }

function stagesOf(kind: 'asking' | 'waiting'): Readonly<Record<Question, Stage>> {
  return {
    resolve: { kind, question: 'resolve' },
    readBack: { kind, question: 'readBack' },
    move: { kind, question: 'move' },
    first: { kind, question: 'first' },
  }
}
