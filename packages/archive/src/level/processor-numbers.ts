import { assert } from '@rinha/base'

/** The store numbers processors by its own list of names: their order, and so their indexes, may differ at the next start. */
export class ProcessorNumbers {
  readonly names: string[]
  /** The index of this process, by the store's number. */
  readonly indexes: number[]
  readonly #processors: readonly string[]

  constructor(names: readonly string[], processors: readonly string[]) {
    this.names = [...names]
    this.indexes = names.map(name => processors.indexOf(name))
    this.#processors = processors
  }

  /** Adds the processor to the list if it is new there. */
  numberOf(index: number): number {
    const known = this.indexes.indexOf(index)
    if (known >= 0) return known
    const name = this.#processors[index]
    assert(name !== undefined, 'a settled payment has a processor')
    this.indexes.push(index)
    return this.names.push(name) - 1
  }
}
