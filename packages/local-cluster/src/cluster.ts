import { randomBytes } from 'node:crypto'
import { type ClusterAddresses, clusterAddresses, planCluster } from './layout.ts'
import { type ClusterOptions, defaultOptions, namedPorts } from './options.ts'
import { portProblems } from './ports.ts'
import { ClusterProblem } from './problem.ts'
import { type GroupOptions, ProcessGroup } from './process-group.ts'

/** The whole system on this machine: a {@link ProcessGroup} of the five processes (or more), at known addresses. */
export class Cluster extends ProcessGroup {
  readonly addresses: ClusterAddresses
  readonly #options: ClusterOptions

  constructor(options: Partial<ClusterOptions> & GroupOptions = {}) {
    const where: ClusterOptions = { ...defaultOptions, ...options }
    // The secret is the channel's alone, lives as long as the run, and is never written anywhere.
    super(planCluster(where, randomBytes(32).toString('hex')), options)
    this.#options = where
    this.addresses = clusterAddresses(where)
  }

  override async start(): Promise<void> {
    const taken = await portProblems(namedPorts(this.#options))
    if (taken.length > 0) throw new ClusterProblem(taken.join('\n'))
    await super.start()
  }
}

/** A cluster that serves. Rejects with a {@link ClusterProblem}, and then nothing runs. */
export async function startCluster(
  options: Partial<ClusterOptions> & GroupOptions = {},
): Promise<{ readonly addresses: ClusterAddresses; stop(): Promise<void> }> {
  const cluster = new Cluster(options)
  await cluster.start()
  return cluster
}
