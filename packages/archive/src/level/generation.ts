import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ArchivedPayment } from '../archive.ts'
import { openCheckpoint } from './checkpoint.ts'
import { LevelStore, type LevelStoreOptions } from './level-store.ts'
import { syncDirectory } from './sync-directory.ts'

const prefix = 'generation-'

/** The number of the generation whose directory has this name, or undefined. */
export function generationOf(name: string): number | undefined {
  return new RegExp(`^${prefix}\\d+$`).test(name) ? Number(name.slice(prefix.length)) : undefined
}

/**
 * The directory of one generation. It has no files until the first payment comes.
 *
 * States:
 *   closed   nothing was added yet
 *   open
 *   torn     a write has failed, and its log may end in the middle of a record. What would be written behind that could be lost
 *            when the log is read again. So the store is opened anew before the next write. Until it is, and meanwhile, reads
 *            are answered from the files as they were.
 */
export class Generation {
  readonly path: string
  readonly #parent: string
  readonly #options: LevelStoreOptions
  #store: LevelStore | undefined
  #isTorn = false

  constructor(parent: string, number: number, options: LevelStoreOptions) {
    this.#parent = parent
    this.path = join(parent, `${prefix}${number}`)
    this.#options = options
  }

  get store(): LevelStore | undefined {
    return this.#store
  }

  /** Opens what an earlier process has left. */
  async openExisting(): Promise<void> {
    if (existsSync(this.path)) this.#store = await LevelStore.open(this.path, this.#options)
  }

  async add(payments: readonly ArchivedPayment[]): Promise<void> {
    if (this.#isTorn) await this.#reopen()
    if (this.#store === undefined) {
      makeDirectory(this.path)
      this.#store = await LevelStore.open(this.path, this.#options)
    }
    try {
      await this.#store.add(payments)
    } catch (error) {
      this.#isTorn = true
      throw error
    }
  }

  async close(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    await store?.close()
  }

  /** Everything is forgotten. */
  async remove(): Promise<void> {
    await this.close()
    rmSync(this.path, { recursive: true, force: true })
  }

  /** A checkpoint answers while nobody has the store open. After a failure in here it goes on answering. */
  async #reopen(): Promise<void> {
    const torn = this.#store
    const checkpoint = await openCheckpoint(this.#parent, this.path, this.#options.processors)
    this.#store = checkpoint
    await torn?.close()
    this.#store = await LevelStore.open(this.path, this.#options)
    this.#isTorn = false
    await checkpoint.close()
  }
}

function makeDirectory(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  makeDirectory(parent)
  mkdirSync(path, { mode: 0o700 })
  syncDirectory(parent)
}
