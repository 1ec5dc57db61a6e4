import type { CheckerName } from '@rinha/simulator'

/** One place of a source that becomes wrong. `find` stands there exactly once. */
export interface Edit {
  /** The path, from the root of the project. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A deliberate bug. The simulator has to find it, by one of the checkers that are there for such bugs. */
export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly expect: readonly CheckerName[]
  /** The bug shows only in runs in which the coordinator crashes, in which several have a replicated log, or in which there are shards. */
  readonly runs?: 'crashes' | 'replicated' | 'shards'
}
