import { assert } from '@rinha/base'
import type { Archive, ArchivedPayment } from '../archive.ts'
import { Generation } from './generation.ts'
import { wordsOf } from './level-store.ts'

export interface LevelArchiveOptions {
  /** The names of the processors, by the index that payments use. */
  readonly processors: readonly string[]
  /**
   * Told what could not be removed after a purge, which the next start removes; and that the filter is built, which takes seconds for
   * millions of payments.
   */
  readonly onProblem: (line: string) => void
  /** The ids that the smallest filter has room for: a power of two. */
  readonly filterIdCountMin?: number
}

/** 8 MiB. */
const filterIdCountMinDefault = 2 ** 22

export function generationIn(path: string, number: number, options: LevelArchiveOptions): Generation {
  const { processors, onProblem, filterIdCountMin: idCountMin = filterIdCountMinDefault } = options
  const onBuild = (count: number) => onProblem(`the filter of the archive is built: ${count} payments`)
  return new Generation(path, number, { processors, filter: { idCountMin, onBuild } })
}

/** An archive in a directory. Its jobs run one after the other, on the threads of the platform. */
export class LevelArchive implements Archive {
  readonly #path: string
  readonly #options: LevelArchiveOptions
  #generation: Generation
  #number: number
  #isBusy = false
  #jobs: Promise<void> = Promise.resolve()

  constructor(path: string, options: LevelArchiveOptions, number: number, generation: Generation) {
    this.#path = path
    this.#options = options
    this.#number = number
    this.#generation = generation
  }

  get generation(): number {
    return this.#number
  }

  get count(): number {
    return this.#generation.store?.count ?? 0
  }

  find(ids: Uint8Array, offset: number): ArchivedPayment | undefined {
    return this.#generation.store?.find(ids, offset)
  }

  add(payments: readonly ArchivedPayment[], done: (problem: string | undefined) => void): void {
    assert(!this.#isBusy, 'payments are added one call at a time')
    this.#isBusy = true
    const generation = this.#generation
    this.#run(
      () => generation.add(payments),
      problem => {
        this.#isBusy = false
        done(problem)
      },
    )
  }

  begin(number: number): void {
    assert(number > this.#number, 'a generation follows an earlier one')
    const earlier = this.#generation
    this.#number = number
    this.#generation = generationIn(this.#path, number, this.#options)
    this.#run(
      () => earlier.remove(),
      problem => {
        if (problem !== undefined) this.#options.onProblem(`${earlier.path} could not be removed: ${problem}`)
      },
    )
  }

  async *settled(fromMs: number, toMs: number): AsyncIterable<readonly ArchivedPayment[]> {
    const { store } = this.#generation
    if (store !== undefined) yield* store.settled(fromMs, toMs)
  }

  async *discarded(): AsyncIterable<readonly ArchivedPayment[]> {
    const { store } = this.#generation
    if (store !== undefined) yield* store.discarded()
  }

  async close(): Promise<void> {
    await this.#jobs
    await this.#generation.close()
  }

  #run(job: () => Promise<void>, done: (problem: string | undefined) => void): void {
    const ended = this.#jobs.then(job).then(
      () => undefined,
      error => `JOURNAL_DIR: ${wordsOf(error)}`,
    )
    this.#jobs = ended.then(done)
  }
}
