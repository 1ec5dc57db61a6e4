import { join } from 'node:path'
import type { ClusterOptions } from '../../packages/local-cluster/src/index.ts'
import { until } from '../../packages/testing/src/index.ts'
import { clusterPorts, Program, root } from './cluster-process.ts'

export interface Totals {
  readonly totalRequests: number
  readonly totalAmount: number
}
export type ProcessorName = 'default' | 'fallback'

const jsonHeaders = { 'content-type': 'application/json', 'x-rinha-token': '123' }

/**
 * Two processors, a coordinator and one API node, each a program of its own, for tests that configure or kill one of them. With
 * shards, the coordinator's program has them all, or each has one.
 */
export class BareCluster {
  readonly ports: ClusterOptions
  /** One, or one for each shard. */
  readonly coordinators: Program[]
  readonly api: Program
  readonly nodePort: number
  readonly channelSecret = 'a secret of this test'
  readonly #programs: Program[]
  readonly #runCoordinator: (index: number) => Program

  private constructor(
    ports: ClusterOptions,
    coordinator: NodeJS.ProcessEnv,
    both: NodeJS.ProcessEnv,
    isSplit: boolean,
  ) {
    this.ports = ports
    this.nodePort = ports.nodePorts[0] ?? 0
    const run = (name: string, environment: NodeJS.ProcessEnv) =>
      new Program(process.execPath, [join(root, 'dist', `${name}.mjs`)], environment)
    const twin = (name: string, port: number, fee: string) =>
      run('processor-twin', { PORT: `${port}`, PROCESSOR_NAME: name, FEE: fee })
    const twins = [twin('default', ports.defaultPort, '0.05'), twin('fallback', ports.fallbackPort, '0.15')]
    const [onDefault, onFallback] = [this.processorUrl('default'), this.processorUrl('fallback')]
    const { shards, channelPort } = ports
    const channels = Array.from({ length: shards }, (_, index) => `127.0.0.1:${channelPort + index}`)
    const divided = shards === 1 ? {} : { SHARDS: `${shards}`, COORDINATORS: channels.join(';') }
    this.#runCoordinator = index =>
      run('coordinator', {
        CHANNEL_SECRET: this.channelSecret,
        CHANNEL_PORT: `${ports.channelPort}`,
        ADMIN_PORT: `${ports.adminPort}`,
        PROCESSORS: `default=${onDefault}@0.05,fallback=${onFallback}@0.15`,
        ...divided,
        ...(isSplit && { SHARD: `${index}` }),
        ...both,
        ...coordinator,
      })
    this.coordinators = Array.from({ length: isSplit ? shards : 1 }, (_, index) =>
      this.#runCoordinator(index),
    )
    this.api = run('api', {
      CHANNEL_SECRET: this.channelSecret,
      COORDINATOR_PORT: `${channelPort}`,
      ...divided,
      PORT: `${this.nodePort}`,
      NODE_PORT: '0',
      NODE_NAME: 'api1',
      ...both,
    })
    this.#programs = [...twins, ...this.coordinators, this.api]
  }

  get coordinator(): Program {
    return this.coordinators[0] as Program
  }

  /** Resolves when the cluster serves. `both` has the settings of coordinator and node. */
  static start(coordinator: NodeJS.ProcessEnv = {}, both: NodeJS.ProcessEnv = {}): Promise<BareCluster> {
    return BareCluster.#start(clusterPorts(), coordinator, both, false)
  }

  /** The same with a coordinator's program for each shard. */
  static startSplit(
    shards: number,
    coordinator: NodeJS.ProcessEnv = {},
    both: NodeJS.ProcessEnv = {},
  ): Promise<BareCluster> {
    return BareCluster.#start(clusterPorts(shards), coordinator, both, true)
  }

  static async #start(
    ports: Promise<ClusterOptions>,
    coordinator: NodeJS.ProcessEnv,
    both: NodeJS.ProcessEnv,
    isSplit: boolean,
  ): Promise<BareCluster> {
    const cluster = new BareCluster(await ports, coordinator, both, isSplit)
    const isReady = () => fetch(cluster.nodeUrl('/ready')).then(({ ok }) => ok)
    await until(() => isReady().catch(() => false), 'the node is ready')
    return cluster
  }

  /** Starts a new coordinator, with the settings of the one before, which has ended. */
  startCoordinatorAgain(index = 0): void {
    const coordinator = this.#runCoordinator(index)
    this.coordinators[index] = coordinator
    this.#programs.push(coordinator)
  }

  /** Which of coordinator and node has ended. */
  ended(): Promise<string> {
    const endOf = (name: string, { exit }: Program) => exit.then(how => `${name}: ${how}`)
    return Promise.race([endOf('coordinator', this.coordinator), endOf('api', this.api), soon('none')])
  }

  async kill(): Promise<void> {
    for (const program of this.#programs) program.signal('SIGKILL')
    await Promise.all(this.#programs.map(program => program.exit))
  }

  nodeUrl(path: string): string {
    return `http://localhost:${this.nodePort}${path}`
  }

  processorUrl(name: ProcessorName): string {
    return `http://localhost:${name === 'default' ? this.ports.defaultPort : this.ports.fallbackPort}`
  }

  async get<Json>(url: string): Promise<Json> {
    const ask = () => fetch(url, { headers: jsonHeaders })
    // A connection that was kept may have been closed a moment ago.
    const answer = await ask().catch(ask)
    return (await answer.json()) as Json
  }

  post(correlationId: string, amount: number): Promise<Response> {
    const body = JSON.stringify({ correlationId, amount })
    return fetch(this.nodeUrl('/payments'), { method: 'POST', headers: jsonHeaders, body })
  }

  payment(id: string): Promise<{ readonly state?: string; readonly amount?: number }> {
    return this.get(this.nodeUrl(`/payments/${id}`))
  }

  settled(ids: readonly string[], withinMs: number): Promise<boolean> {
    return until(
      async () =>
        (await Promise.all(ids.map(id => this.payment(id)))).every(({ state }) => state === 'settled'),
      'all are settled',
      withinMs,
    )
  }

  setFailing(name: ProcessorName, failure: boolean): Promise<Response> {
    const url = `${this.processorUrl(name)}/admin/configurations/failure`
    return fetch(url, { method: 'PUT', headers: jsonHeaders, body: JSON.stringify({ failure }) })
  }

  /** A processor's own totals, of all time or of a window. */
  async books(name: ProcessorName, window?: readonly [fromMs: number, toMs: number]): Promise<Totals> {
    const url = `${this.processorUrl(name)}/admin/payments-summary${queryOf(window)}`
    const { totalRequests, totalAmount } = await this.get<Totals>(url)
    return { totalRequests, totalAmount }
  }

  /** The cluster's totals, of all time or of a window. */
  summary(window?: readonly [fromMs: number, toMs: number]): Promise<Record<ProcessorName, Totals>> {
    return this.get(this.nodeUrl(`/payments-summary${queryOf(window)}`))
  }

  /** Of all shards. */
  async queuedCount(): Promise<number> {
    const { shards, adminPort } = this.ports
    const urls = Array.from(
      { length: shards },
      (_, index) => `http://localhost:${adminPort + index}/queue-status`,
    )
    const statuses = await Promise.all(urls.map(url => this.get<{ readonly queuedCount: number }>(url)))
    return statuses.reduce((sum, { queuedCount }) => sum + queuedCount, 0)
  }
}

function queryOf(window: readonly [fromMs: number, toMs: number] | undefined): string {
  if (window === undefined) return ''
  const [from, to] = window.map(ms => new Date(ms).toISOString())
  return `?from=${from}&to=${to}`
}

/** Resolves a moment later, so that a promise that has resolved already wins a race against it. */
const soon = <T>(value: T): Promise<T> => new Promise(resolve => setTimeout(resolve, 1, value))
