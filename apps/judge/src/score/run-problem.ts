/** Why a run cannot go on, in words for the user: what happened and what to do. Not a bug of ours. */
export class RunProblem extends Error {
  override readonly name = 'RunProblem'
}
