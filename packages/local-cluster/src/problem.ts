/** Why the cluster does not start or go on, in words for a user: printed alone, without a stack trace. */
export class ClusterProblem extends Error {
  override readonly name = 'ClusterProblem'
}
