import { assert, type Timers } from '@rinha/base'
import type { LedgerImage } from '@rinha/payment'
import { fenced, type LogProblem, type LogStore } from './log/log-store.ts'

interface SnapshotsOptions {
  /** The pause after a snapshot that was given up, before another one begins. */
  readonly pauseMs: number
  readonly timers: Pick<Timers, 'after'>
  readonly onProblem: (line: string) => void
  /** The snapshot under way is stored, and can be put in force. */
  readonly onStored: () => void
}

/**
 * The snapshot on its way: stored beside the log, then put in force between two appends, and only then is anything removed
 * that it replaces. A snapshot that fails is given up; the journal goes on without it.
 *
 * States: idle → storing, by {@link begin}; → stored; → idle, when it is in force; from storing and stored → paused, by a
 * problem; → idle, after the pause.
 */
export class Snapshots {
  readonly #log: LogStore
  readonly #options: SnapshotsOptions
  #count = 0
  #underWay: { readonly number: number; isStored: boolean } | undefined
  #cancelPause: (() => void) | undefined

  constructor(log: LogStore, options: SnapshotsOptions) {
    this.#log = log
    this.#options = options
  }

  /** In force since the start. */
  get count(): number {
    return this.#count
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined
  }

  get canBegin(): boolean {
    return this.#underWay === undefined && this.#cancelPause === undefined
  }

  begin(number: number, image: LedgerImage): void {
    assert(this.#underWay === undefined, 'one snapshot at a time')
    const underWay = { number, isStored: false }
    this.#underWay = underWay
    this.#log.snapshot(number, image, problem => {
      if (problem !== undefined) return this.#giveUp(problem)
      underWay.isStored = true
      this.#options.onStored()
    })
  }

  /** Whether the one under way is stored, and so is every frame before it when `nextFrame` is the first that is not. */
  isReady(nextFrame: number): boolean {
    return this.#underWay?.isStored === true && nextFrame >= this.#underWay.number
  }

  /** Puts the one under way, which is ready, in force. `done` is told only of another process. */
  finish(done: (problem: LogProblem | undefined) => void): void {
    const number = this.#underWay?.number
    assert(number !== undefined, 'a snapshot is ready')
    this.#log.removeBefore(number, problem => {
      if (problem?.code === fenced) return done(problem)
      if (this.#log.sizes.snapshotFrame === number) this.#onInForce(problem)
      else this.#giveUp(problem)
      done(undefined)
    })
  }

  cancel(): void {
    this.#cancelPause?.()
  }

  #onInForce(problem: LogProblem | undefined): void {
    this.#underWay = undefined
    this.#count += 1
    if (problem === undefined) return
    const { place } = this.#log
    this.#options.onProblem(
      `What a snapshot in ${place} replaces cannot be removed: ${problem.words}. The next snapshot tries again.`,
    )
  }

  #giveUp(problem: LogProblem | undefined): void {
    const { pauseMs, timers, onProblem } = this.#options
    this.#underWay = undefined
    onProblem(
      `A snapshot in ${this.#log.place} was given up: ${problem?.words}. The journal goes on without it; it may be tried again in ${pauseMs} ms.`,
    )
    this.#cancelPause = timers.after(pauseMs, () => {
      this.#cancelPause = undefined
    })
  }
}
