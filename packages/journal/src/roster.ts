import type { Fact, LedgerImage } from '@rinha/payment'

/**
 * The processors by this process's indexes: those that it is given, in their order, then those that only the history knows.
 * Each file has a list of its own in its header, so indexes are translated by name when they are read.
 */
export class Roster {
  readonly names: string[]
  readonly #indexes: Map<string, number>

  constructor(names: readonly string[]) {
    this.names = [...names]
    this.#indexes = new Map(names.map((name, index) => [name, index]))
  }

  /** A name that is new gets the next index. */
  indexOf(name: string): number {
    const index = this.#indexes.get(name) ?? this.names.push(name) - 1
    this.#indexes.set(name, index)
    return index
  }

  /** A fact of a file with these processors, all of whose indexes are theirs. */
  translateFact(fact: Fact, theirs: readonly string[]): Fact {
    if (!('processor' in fact)) return fact
    const processor = this.indexOf(theirs[fact.processor] ?? '')
    return processor === fact.processor ? fact : { ...fact, processor }
  }

  /** The same for an image. Its columns are changed in place. */
  translateImage(image: LedgerImage, theirs: readonly string[]): LedgerImage {
    const translated = <Named extends { readonly processor: number }>(named: Named): Named => {
      return { ...named, processor: this.indexOf(theirs[named.processor] ?? '') }
    }
    const { past } = image
    for (const { processors } of [
      ...image.columns,
      ...(past === undefined ? [] : [past.stragglers.columns]),
    ]) {
      for (const [row, processor] of processors.entries())
        if (processor >= 0) processors[row] = this.indexOf(theirs[processor] ?? '')
    }
    const earlier = image.earlier.map(translated)
    if (past === undefined) return { ...image, earlier }
    const [settled, seconds] = [past.settled.map(translated), past.seconds.map(translated)]
    return { ...image, earlier, past: { ...past, settled, seconds } }
  }
}
