import { assert } from '@rinha/base'
import type { Beat } from './beat.ts'

export type SuccessionState = 'following' | 'asking' | 'claiming' | 'leading'

export interface SuccessionOptions {
  /** How long a leader may be silent. */
  readonly silentMsMax: number
  /** What this candidate waits beyond that, so that several do not claim together. */
  readonly patienceMs: number
}

/**
 * When a standby claims the next epoch. The leader's beats are a hint, which may be lost, late or doubled. The log is the truth: a
 * claim that comes too early costs a takeover, and nothing else.
 *
 * States:
 *   following   a leader lives, or has lived a moment ago; left for asking, by silence or the last beat
 *   asking      the log is asked whether it works, and whether another process has claimed; left for claiming, or for following
 *   claiming    left for leading, or for following, when another process was first
 *   leading     final
 *
 * Invariants:
 *   1. Nobody claims while the log does not answer: nobody could lead then, and when it answers again the leader may go on.
 *   2. A beat of an epoch that is over changes nothing.
 */
export class Succession {
  readonly #options: SuccessionOptions
  #state: SuccessionState = 'following'
  #leader: Beat | undefined
  /** The last sign of a leader, or of another process that may become one. */
  #signAtMs: number
  #isVacant = false

  constructor(options: SuccessionOptions, nowMs: number) {
    this.#options = options
    this.#signAtMs = nowMs
  }

  get state(): SuccessionState {
    return this.#state
  }

  /** The leader that was heard of last, unless it has said that it leads no more. */
  get leader(): Beat | undefined {
    return this.#isVacant ? undefined : this.#leader
  }

  heard(beat: Beat, nowMs: number): void {
    if (beat.epoch < (this.#leader?.epoch ?? 0)) return
    this.#leader = beat
    this.#isVacant = beat.isLast
    this.#signAtMs = nowMs
  }

  /** A record has come out of the log: somebody writes it. */
  read(nowMs: number): void {
    this.#signAtMs = nowMs
  }

  /** Whether the log is to be asked now; {@link answered} has to follow. */
  shouldAsk(nowMs: number): boolean {
    if (this.#state !== 'following') return false
    const silentMs = nowMs - this.#signAtMs
    const { silentMsMax, patienceMs } = this.#options
    if (silentMs < (this.#isVacant ? 0 : silentMsMax + patienceMs)) return false
    this.#state = 'asking'
    return true
  }

  /**
   * `answer`: the log works and nobody has claimed since (`agrees`), another process has claimed (`claimed`), or it does not
   * answer (`silent`). Whether this process is to claim now.
   */
  answered(answer: 'agrees' | 'claimed' | 'silent', nowMs: number): boolean {
    assert(this.#state === 'asking', 'the log was asked')
    const isHeard = !this.#isVacant && nowMs - this.#signAtMs < this.#options.silentMsMax
    if (answer === 'agrees' && !isHeard) {
      this.#state = 'claiming'
      return true
    }
    this.#follow(nowMs)
    return false
  }

  /** How the claim has ended. */
  claimed(isLeading: boolean, nowMs: number): void {
    assert(this.#state === 'claiming', 'it has claimed')
    if (isLeading) this.#state = 'leading'
    else this.#follow(nowMs)
  }

  #follow(nowMs: number): void {
    this.#state = 'following'
    this.#isVacant = false
    this.#signAtMs = nowMs
  }
}
