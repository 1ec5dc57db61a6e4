import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { createFaultProxy, type FaultProxy } from '@rinha/fault-proxy'
import { freePorts } from '@rinha/service'
import { NatsServers, until } from '@rinha/testing'
import { nodeNames, type ProcessorName, processorNames } from '../../src/chaos/plan.ts'
import { nodesAreReady } from '../../src/chaos/settle.ts'
import type { Death } from '../../src/chaos/verdict.ts'
import type { HttpClient } from '../../src/http-client.ts'
import { client, host } from './client.ts'
import { Member } from './member.ts'
import { PollTap } from './poll-tap.ts'

const serverCount = 3
/** Of the setting LOG_NAME. */
const logNameDefault = 'payments'
const steadyMsMax = 60_000
/** A coordinator that stands still does not answer. */
const adminMsMax = 500
/** A leader says so when it ends because another one leads, or may. */
const orderlyEnds = [/no longer this process's/, /no server of the replicated log can be reached/]
const endLineCount = 40

/** A process with all shards, as leader or standby of each. */
export interface Coordinator {
  readonly member: Member
  /** By shards. */
  readonly admins: readonly HttpClient[]
  /** Between nodes and each of its shards, and between it and each server of the logs. Without faults on links there is none. */
  readonly channelLinks: readonly FaultProxy[]
  readonly logLinks: readonly FaultProxy[]
}

export interface Roles {
  readonly leader: Coordinator
  readonly standby: Coordinator
}

interface FleetOptions {
  readonly bundles: string
  /** For logs. */
  readonly directory: string
  readonly hasLinks: boolean
  readonly shards: number
}

interface Run extends FleetOptions {
  readonly shared: Readonly<Record<string, string>>
}

interface Health {
  readonly status: string
  readonly standby?: { readonly lagCount: number; readonly leader: string; readonly sequence: number }
}

/**
 * Three servers of replicated logs, two coordinators with all shards, two API nodes and two processors, each a process of its own.
 * With `hasLinks` every link goes through a proxy that can be cut.
 */
export class ClusterFleet {
  readonly deaths: Death[] = []
  /** Processes that ended by themselves, and not because another coordinator leads. */
  readonly crashes: string[] = []
  readonly #startMs = performance.now()
  readonly #directory: string
  readonly #proxies: FaultProxy[] = []
  readonly #lastLines = new Map<string, string[]>()
  servers!: NatsServers
  coordinators: readonly Coordinator[] = []
  nodeMembers: readonly Member[] = []
  nodes: readonly HttpClient[] = []
  processors!: Readonly<Record<ProcessorName, HttpClient>>
  processorLinks: readonly FaultProxy[] = []
  taps: readonly PollTap[] = []
  readonly #members: Member[] = []
  readonly shards: number
  /** COORDINATORS of nodes, and of coordinators. */
  #candidates = ''

  private constructor({ directory, shards }: FleetOptions) {
    this.#directory = directory
    this.shards = shards
  }

  static async start(options: FleetOptions): Promise<ClusterFleet> {
    const fleet = new ClusterFleet(options)
    try {
      await fleet.#start(options)
      return fleet
    } catch (error) {
      await fleet.end()
      throw error
    }
  }

  readonly nowMs = (): number => performance.now() - this.#startMs

  readonly note = (line: string): void =>
    appendFileSync(join(this.#directory, 'faults.log'), `${(this.nowMs() / 1000).toFixed(3)} s  ${line}\n`)

  get shardIndices(): readonly number[] {
    return Array.from({ length: this.shards }, (_, index) => index)
  }

  /** The name of a shard's log at the servers. */
  logName(shard: number): string {
    return this.shards === 1 ? logNameDefault : `${logNameDefault}-${shard}`
  }

  async roles(shard: number): Promise<Partial<Roles>> {
    const found = await Promise.all(this.coordinators.map(({ admins }) => healthOf(admins[shard])))
    const at = (is: (health: Health | undefined) => boolean) => this.coordinators[found.findIndex(is)]
    const leader = at(health => health?.status === 'ok')
    const standby = at(
      ({ status, standby } = { status: '' }) => status === 'standby' && (standby?.leader ?? '') !== '',
    )
    return { ...(leader && { leader }), ...(standby && { standby }) }
  }

  /** Resolves with the roles in each shard, when one leads there, the other one follows it, and the nodes are connected. */
  async steady(): Promise<readonly Roles[]> {
    return until(
      async () => {
        const all = await Promise.all(this.shardIndices.map(shard => this.roles(shard)))
        const found = all.flatMap(({ leader, standby }) => (leader && standby ? { leader, standby } : []))
        return found.length === this.shards && (await nodesAreReady(this.nodes)) && found
      },
      'one leads each shard, one follows, and the nodes are connected',
      steadyMsMax,
    )
  }

  async kill(...members: readonly Member[]): Promise<void> {
    for (const { name } of members) this.#died(name)
    await Promise.all(members.map(member => member.kill()))
  }

  async stop(member: Member): Promise<void> {
    const end = await member.stop()
    if (end !== undefined && (end.code !== 0 || end.signal !== null)) {
      this.#died(member.name)
      if (end.signal === 'SIGKILL') this.crashes.push(`${member.name} did not stop in time`)
    }
  }

  /** Every link is clean. */
  async heal(): Promise<void> {
    await Promise.all(this.#proxies.map(proxy => proxy.setFault(undefined)))
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map(member => member.kill()))
    await this.servers?.stop()
    await Promise.all(this.#proxies.map(proxy => proxy.close()))
    for (const tap of this.taps) tap.close()
    const clients = [...this.coordinators.flatMap(({ admins }) => admins), ...this.nodes]
    await Promise.all([...clients, ...Object.values(this.processors ?? {})].map(client => client.close()))
  }

  async #start(options: FleetOptions): Promise<void> {
    this.servers = await NatsServers.start(await freePorts(3 * serverCount), () =>
      mkdtempSync(join(this.#directory, 'server-')),
    )
    // Those that nodes reach coordinators at, first. Of links, proxies listen there.
    const [first = 0, second = 0, ...ports] = await freePorts(10, options.shards)
    const reached = ports.splice(0, 2)
    this.#candidates = this.shardIndices
      .map(shard => reached.map(port => `${host}:${port + shard}`).join())
      .join(';')
    const run: Run = {
      ...options,
      shared: { CHANNEL_SECRET: randomBytes(16).toString('hex'), HEARTBEAT_MS: '300' },
    }
    await this.#startProcessors(run, [first, second])
    for (const [index, name] of ['coordinator1', 'coordinator2'].entries())
      await this.#addCoordinator(run, name, reached[index] ?? 0, ports.slice(2 * index))
    await Promise.all(this.coordinators.map(({ member }) => member.start()))
    await this.#startNodes(run, ports.slice(4))
    await this.steady()
  }

  async #startProcessors(run: Run, ports: readonly number[]): Promise<void> {
    for (const [index, name] of processorNames.entries())
      await this.#member(run, name, 'processor-twin', twinSettings(name, ports[index])).start()
    this.processors = { default: client(ports[0]), fallback: client(ports[1]) }
    this.taps = await Promise.all(ports.map(port => PollTap.listen(port)))
    const tapPorts = this.taps.map(({ port }) => port)
    this.processorLinks = await this.#links(run, tapPorts)
  }

  async #addCoordinator(
    run: Run,
    name: string,
    reachedPort: number,
    [adminPort = 0, behindPort = 0]: readonly number[],
  ): Promise<void> {
    const serverPorts = this.servers.urls.map(url => Number(url.split(':')[1]))
    const channelPort = run.hasLinks ? behindPort : reachedPort
    const channelPorts = this.shardIndices.map(shard => channelPort + shard)
    const channelLinks = await this.#links(run, channelPorts, reachedPort)
    const logLinks = await this.#links(run, serverPorts)
    const [onDefault, fallback] = run.hasLinks ? this.processorLinks : this.taps
    const logPorts = run.hasLinks ? logLinks.map(({ port }) => port) : serverPorts
    const member = this.#member(run, name, 'coordinator', {
      ...run.shared,
      CHANNEL_PORT: `${channelPort}`,
      CHANNEL_ADDRESS: `${host}:${reachedPort}`,
      ...(this.shards > 1 && { SHARDS: `${this.shards}`, COORDINATORS: this.#candidates }),
      ADMIN_PORT: `${adminPort}`,
      LOG_SERVERS: logPorts.map(port => `nats://${host}:${port}`).join(','),
      LOG_BYTES_MAX: `${256 * 1024 * 1024}`,
      PROCESSORS: `default=http://${host}:${onDefault?.port}@0.05,fallback=http://${host}:${fallback?.port}@0.15`,
    })
    const admins = this.shardIndices.map(shard => client(adminPort + shard, adminMsMax))
    this.coordinators = [...this.coordinators, { member, admins, channelLinks, logLinks }]
  }

  async #startNodes(run: Run, ports: readonly number[]): Promise<void> {
    this.nodes = ports.map(port => client(port))
    this.nodeMembers = nodeNames.map((name, index) =>
      this.#member(run, name, 'api', {
        ...run.shared,
        ...nodeSettings,
        NODE_NAME: name,
        PORT: `${ports[index]}`,
        SHARDS: `${this.shards}`,
        COORDINATORS: this.#candidates,
      }),
    )
    await Promise.all(this.nodeMembers.map(member => member.start()))
  }

  /** They listen at any ports, or from `firstPort` on. */
  async #links({ hasLinks }: Run, ports: readonly number[], firstPort = 0): Promise<readonly FaultProxy[]> {
    if (!hasLinks) return []
    const made = await Promise.all(
      ports.map((port, index) =>
        createFaultProxy({ host, port: firstPort && firstPort + index, target: { host, port } }),
      ),
    )
    this.#proxies.push(...made)
    return made
  }

  #member(
    { bundles }: Run,
    name: string,
    bundle: string,
    environment: Readonly<Record<string, string>>,
  ): Member {
    const lines: string[] = []
    this.#lastLines.set(name, lines)
    const member = new Member({
      name,
      module: join(bundles, `${bundle}.mjs`),
      environment,
      onLine: line => {
        lines.push(line)
        if (lines.length > endLineCount) lines.shift()
        appendFileSync(join(this.#directory, `${name}.log`), `${line}\n`)
      },
      onEnd: ({ words }) => {
        this.note(words)
        this.#died(name)
        const isOrderly = lines.some(line => orderlyEnds.some(pattern => pattern.test(line)))
        if (!isOrderly) this.crashes.push(words)
        lines.length = 0
      },
    })
    this.#members.push(member)
    return member
  }

  #died(name: string): void {
    const process = name.startsWith('coordinator') ? 'coordinator' : nodeNames.find(node => node === name)
    if (process !== undefined) this.deaths.push({ process, atMs: this.nowMs() })
  }
}

async function healthOf(admin: HttpClient | undefined): Promise<Health | undefined> {
  const answer = await admin?.send({ method: 'GET', path: '/health' })
  return answer?.kind === 'answer' ? (JSON.parse(answer.body) as Health) : undefined
}

const twinSettings = (name: ProcessorName, port: number | undefined) => ({
  PORT: `${port}`,
  PROCESSOR_NAME: name,
  FEE: name === 'default' ? '0.05' : '0.15',
})

const nodeSettings = {
  ACK_LEVEL: 'replicated',
  ACK_WAIT_MS_MAX: '10000',
  REQUEST_TIMEOUT_MS: '5000',
  RECONNECT_MS_MAX: '200',
}
