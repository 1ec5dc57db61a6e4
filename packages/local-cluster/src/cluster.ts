import { randomBytes } from 'node:crypto'
import { StartProblem, Supervisor, type SupervisorOptions } from '@rinha/service'
import { AdminToken } from './admin-token.ts'
import { type ClusterAddresses, clusterAddresses, planCluster } from './layout.ts'
import { type ClusterOptions, defaultOptions, namedPorts, shardPorts } from './options.ts'
import { portProblems } from './ports.ts'

/** The whole system on this machine: a {@link Supervisor} of the five processes (or more), at known addresses. */
export class Cluster extends Supervisor {
  readonly addresses: ClusterAddresses
  readonly #options: ClusterOptions
  readonly #adminToken: AdminToken | undefined

  constructor(options: Partial<ClusterOptions> & SupervisorOptions = {}) {
    const where: ClusterOptions = { ...defaultOptions, ...options }
    const { ADMIN_TOKENS_FILE, ADMIN_READ_NETWORKS = 'loopback' } = process.env
    const own =
      ADMIN_TOKENS_FILE === undefined
        ? new AdminToken(where.adminPort, shardPorts(where, 'adminPort').slice(1))
        : undefined
    const access = { ...(own && { ADMIN_TOKENS_FILE: own.tokensFile }), ADMIN_READ_NETWORKS }
    // The secret is the channel's alone, lives as long as the run, and is never written anywhere.
    super(planCluster(where, randomBytes(32).toString('hex'), access), options)
    this.#options = where
    this.#adminToken = own
    this.addresses = clusterAddresses(where)
  }

  /** The operator's, for the admin port; undefined where ADMIN_TOKENS_FILE has others. */
  get adminToken(): Pick<AdminToken, 'token' | 'tokenFile'> | undefined {
    return this.#adminToken
  }

  override async start(): Promise<void> {
    const taken = await portProblems(namedPorts(this.#options))
    if (taken.length > 0) throw new StartProblem(taken.join('\n'))
    // A cluster that runs at these ports keeps its own.
    this.#adminToken?.write()
    this.ended.then(() => this.#adminToken?.remove())
    await super.start().catch(error => {
      this.#adminToken?.remove()
      throw error
    })
  }
}
