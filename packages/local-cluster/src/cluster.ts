import { randomBytes } from 'node:crypto'
import { StartProblem, Supervisor, type SupervisorOptions } from '@rinha/service'
import { type ClusterAddresses, clusterAddresses, planCluster } from './layout.ts'
import { type ClusterOptions, defaultOptions, namedPorts } from './options.ts'
import { portProblems } from './ports.ts'

/** The whole system on this machine: a {@link Supervisor} of the five processes (or more), at known addresses. */
export class Cluster extends Supervisor {
  readonly addresses: ClusterAddresses
  readonly #options: ClusterOptions

  constructor(options: Partial<ClusterOptions> & SupervisorOptions = {}) {
    const where: ClusterOptions = { ...defaultOptions, ...options }
    // The secret is the channel's alone, lives as long as the run, and is never written anywhere.
    super(planCluster(where, randomBytes(32).toString('hex')), options)
    this.#options = where
    this.addresses = clusterAddresses(where)
  }

  override async start(): Promise<void> {
    const taken = await portProblems(namedPorts(this.#options))
    if (taken.length > 0) throw new StartProblem(taken.join('\n'))
    await super.start()
  }
}
