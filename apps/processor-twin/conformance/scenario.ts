import type { Notes } from './notes.ts'
import type { Parameters } from './parameters.ts'
import type { Target } from './target.ts'

/** A sequence of requests that shows one fact or a few. It starts from a calm processor and may leave it in any state. */
export interface Scenario {
  /** The facts it shows, by the names of their checks. */
  readonly checks: Readonly<Record<string, string>>
  readonly run: (target: Target, notes: Notes, parameters: Parameters) => Promise<void>
}
