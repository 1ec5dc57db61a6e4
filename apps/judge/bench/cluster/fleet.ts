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
const steadyMsMax = 60_000
/** A coordinator that stands still does not answer. */
const adminMsMax = 500
/** A leader says so when it ends because another one leads, or may. */
const orderlyEnds = [/no longer this process's/, /no server of the replicated log can be reached/]
const endLineCount = 40

export interface Coordinator {
  readonly member: Member
  readonly admin: HttpClient
  /** Where nodes reach it. */
  readonly address: string
  /** Between nodes and it, and between it and each server of the log. Without faults on links there is none. */
  readonly channelLink: FaultProxy | undefined
  readonly logLinks: readonly FaultProxy[]
}

interface Run {
  readonly bundles: string
  readonly hasLinks: boolean
  readonly shared: Readonly<Record<string, string>>
}

interface Health {
  readonly status: string
  readonly standby?: { readonly lagCount: number; readonly leader: string; readonly sequence: number }
}

/**
 * Three servers of a replicated log, two coordinators, two API nodes and two processors, each a process of its own. With
 * `hasLinks` every link goes through a proxy that can be cut.
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

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async start(bundles: string, directory: string, hasLinks: boolean): Promise<ClusterFleet> {
    const fleet = new ClusterFleet(directory)
    try {
      await fleet.#start(bundles, hasLinks)
      return fleet
    } catch (error) {
      await fleet.end()
      throw error
    }
  }

  readonly nowMs = (): number => performance.now() - this.#startMs

  readonly note = (line: string): void =>
    appendFileSync(join(this.#directory, 'faults.log'), `${(this.nowMs() / 1000).toFixed(3)} s  ${line}\n`)

  async roles(): Promise<{
    readonly leader: Coordinator | undefined
    readonly standby: Coordinator | undefined
  }> {
    const found = await Promise.all(this.coordinators.map(healthOf))
    const at = (is: (health: Health | undefined) => boolean) => this.coordinators[found.findIndex(is)]
    return {
      leader: at(health => health?.status === 'ok'),
      standby: at(
        ({ status, standby } = { status: '' }) => status === 'standby' && (standby?.leader ?? '') !== '',
      ),
    }
  }

  /** Resolves when one leads, the other one follows it, and the nodes are connected. */
  async steady(): Promise<{ readonly leader: Coordinator; readonly standby: Coordinator }> {
    return until(
      async () => {
        const { leader, standby } = await this.roles()
        const isReady = leader !== undefined && standby !== undefined && (await nodesAreReady(this.nodes))
        return isReady && { leader, standby }
      },
      'one leads, one follows, and the nodes are connected',
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
    const clients = [...this.coordinators.map(({ admin }) => admin), ...this.nodes]
    await Promise.all([...clients, ...Object.values(this.processors ?? {})].map(client => client.close()))
  }

  async #start(bundles: string, hasLinks: boolean): Promise<void> {
    this.servers = await NatsServers.start(await freePorts(3 * serverCount), () =>
      mkdtempSync(join(this.#directory, 'server-')),
    )
    const [first = 0, second = 0, ...ports] = await freePorts(8)
    const run: Run = {
      bundles,
      hasLinks,
      shared: { CHANNEL_SECRET: randomBytes(16).toString('hex'), HEARTBEAT_MS: '300' },
    }
    await this.#startProcessors(run, [first, second])
    for (const [index, name] of ['coordinator1', 'coordinator2'].entries())
      await this.#addCoordinator(run, name, ports[2 * index] ?? 0, ports[2 * index + 1] ?? 0)
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

  async #addCoordinator(run: Run, name: string, channelPort: number, adminPort: number): Promise<void> {
    const serverPorts = this.servers.urls.map(url => Number(url.split(':')[1]))
    const [channelLink] = await this.#links(run, [channelPort])
    const logLinks = await this.#links(run, serverPorts)
    const [onDefault, fallback] = run.hasLinks ? this.processorLinks : this.taps
    const logPorts = run.hasLinks ? logLinks.map(({ port }) => port) : serverPorts
    const address = `${host}:${channelLink?.port ?? channelPort}`
    const member = this.#member(run, name, 'coordinator', {
      ...run.shared,
      CHANNEL_PORT: `${channelPort}`,
      CHANNEL_ADDRESS: address,
      ADMIN_PORT: `${adminPort}`,
      LOG_SERVERS: logPorts.map(port => `nats://${host}:${port}`).join(','),
      LOG_BYTES_MAX: `${256 * 1024 * 1024}`,
      PROCESSORS: `default=http://${host}:${onDefault?.port}@0.05,fallback=http://${host}:${fallback?.port}@0.15`,
    })
    const admin = client(adminPort, adminMsMax)
    this.coordinators = [...this.coordinators, { member, admin, address, channelLink, logLinks }]
  }

  async #startNodes(run: Run, ports: readonly number[]): Promise<void> {
    this.nodes = ports.map(port => client(port))
    this.nodeMembers = nodeNames.map((name, index) =>
      this.#member(run, name, 'api', {
        ...run.shared,
        ...nodeSettings,
        NODE_NAME: name,
        PORT: `${ports[index]}`,
        COORDINATORS: this.coordinators.map(({ address }) => address).join(','),
      }),
    )
    await Promise.all(this.nodeMembers.map(member => member.start()))
  }

  async #links({ hasLinks }: Run, ports: readonly number[]): Promise<readonly FaultProxy[]> {
    if (!hasLinks) return []
    const made = await Promise.all(
      ports.map(port => createFaultProxy({ host, port: 0, target: { host, port } })),
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

async function healthOf({ admin }: Coordinator): Promise<Health | undefined> {
  const answer = await admin.send({ method: 'GET', path: '/health' })
  return answer.kind === 'answer' ? (JSON.parse(answer.body) as Health) : undefined
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
