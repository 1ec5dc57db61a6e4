import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFaultProxy, type FaultProxy } from '@rinha/fault-proxy'
import { ClusterProblem, freePorts } from '@rinha/local-cluster'
import { HttpClient } from './http-client.ts'
import {
  type ChaosPorts,
  host,
  linkTargets,
  planProcesses,
  portCount,
  portsFrom,
  processorToken,
} from './layout.ts'
import { Member } from './member.ts'
import {
  type LinkName,
  nodeNames,
  type ProcessName,
  type ProcessorName,
  type ProcessorTrouble,
  processorNames,
} from './plan.ts'
import type { Death } from './verdict.ts'

export interface FleetOptions {
  readonly bundleDirectory: string
  /** For logs and the journal. */
  readonly directory: string
  /** Milliseconds since the run began. */
  readonly nowMs: () => number
  readonly onNote: (line: string) => void
}

const processNames: readonly ProcessName[] = ['coordinator', ...nodeNames]
const linkNames: readonly LinkName[] = [...nodeNames, ...processorNames]

/** A process that does not come up is tried again: its port may be in use for a moment after a kill. */
const startTriesMax = 3
const startAgainMs = 300
/** A processor's admin side, the coordinator's, an API node asked once more. */
const requestTimeoutMs = 3000
const lookUpConnectionsMax = 48

/**
 * Everything that runs: five processes, the proxy of each link, and connections of our own to the processors, the
 * coordinator's admin port and the API nodes, none of which goes through a proxy.
 *
 * It does what it is told and keeps book of what that means for promises: which process died when, which ended by
 * itself, how long the coordinator took to come back.
 *
 * Invariant: when {@link end} has resolved, no process runs, no proxy listens and no connection is open.
 */
export class Fleet {
  readonly ports: ChaosPorts
  readonly processors: Readonly<Record<ProcessorName, HttpClient>>
  readonly admin: HttpClient
  readonly nodes: readonly HttpClient[]
  readonly deaths: Death[] = []
  /** Processes that ended although nobody asked, in words. */
  readonly crashes: string[] = []
  /** From the start after a kill to the word that it serves. */
  readonly coordinatorRecoveriesMs: number[] = []
  readonly #options: FleetOptions
  readonly #members = new Map<string, Member>()
  readonly #proxies = new Map<LinkName, FaultProxy>()
  #starting: Promise<void> = Promise.resolve()
  #ending = false
  #problem: string | undefined

  constructor(options: FleetOptions, ports: ChaosPorts) {
    this.#options = options
    this.ports = ports
    const client = (port: number) =>
      new HttpClient(`http://${host}:${port}`, requestTimeoutMs, lookUpConnectionsMax)
    this.processors = { default: client(ports.default), fallback: client(ports.fallback) }
    this.admin = client(ports.admin)
    this.nodes = ports.nodes.map(client)
    const secret = randomBytes(32).toString('hex')
    for (const plan of planProcesses(ports, secret, options.directory)) {
      const name = processNames.find(processName => processName === plan.name)
      const member = new Member(plan, {
        bundleDirectory: options.bundleDirectory,
        logDirectory: options.directory,
        onCrash: how => this.#onCrash(name, how),
        onGaveUp: () => {
          options.onNote(`${plan.name} did not stop in order, or with payments that it could not hand on`)
          if (name !== undefined) this.deaths.push({ process: name, atMs: options.nowMs() })
        },
      })
      this.#members.set(plan.name, member)
    }
  }

  /** Why the run cannot go on: a process that does not come up again. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Processes that are down at this moment. */
  get down(): readonly string[] {
    return [...this.#members.values()].filter(member => !member.isUp).map(({ name }) => name)
  }

  get coordinatorBytesPeak(): number | undefined {
    return this.#members.get('coordinator')?.memoryBytesPeak
  }

  /** Resolves when everything serves. Rejects with a {@link ClusterProblem}; then {@link end} is still to be called. */
  start(): Promise<void> {
    this.#starting = this.#startAll()
    return this.#starting
  }

  member(name: ProcessName): Member {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`there is no process ${name}`)
    return member
  }

  proxy(link: LinkName): FaultProxy {
    const proxy = this.#proxies.get(link)
    if (proxy === undefined) throw new Error(`the link to ${link} has no proxy yet`)
    return proxy
  }

  /** SIGKILL to all of them at once, before any is waited for. */
  async kill(names: readonly ProcessName[]): Promise<void> {
    for (const name of names) this.#died(name)
    await Promise.all(names.map(name => this.member(name).kill()))
  }

  /** Brings a process back up. Where it does not come, {@link problem} says so. */
  async startAgain(name: ProcessName, after: 'kill' | 'stop'): Promise<void> {
    for (let tries = 1; !this.#ending && !this.member(name).isUp; tries += 1) {
      try {
        const tookMs = await this.member(name).start()
        if (name === 'coordinator' && after === 'kill') this.coordinatorRecoveriesMs.push(tookMs)
        return
      } catch (error) {
        if (!(error instanceof ClusterProblem)) throw error
        this.#options.onNote(error.message)
        if (tries === startTriesMax) return this.giveUp(`${error.message}, ${tries} times in a row`)
        await sleep(startAgainMs)
      }
    }
  }

  async trouble(name: ProcessorName, trouble: ProcessorTrouble | undefined): Promise<void> {
    const put = async (path: string, json: object) => {
      const answer = await this.processors[name].send({
        method: 'PUT',
        path: `/admin/configurations/${path}`,
        headers: { 'x-rinha-token': processorToken },
        json,
      })
      if (answer.kind === 'none' || answer.status !== 200)
        this.giveUp(`the ${name} processor could not be told to change: ${JSON.stringify(answer)}`)
    }
    await put('delay', { delay: trouble?.kind === 'delay' ? trouble.delayMs : 0 })
    await put('failure', { failure: trouble?.kind === 'failing' })
  }

  /** All processes up, links clean, processors without trouble. */
  async heal(): Promise<void> {
    await Promise.all(linkNames.map(link => this.proxy(link).setFault(undefined)))
    await Promise.all(processorNames.map(name => this.trouble(name, undefined)))
    for (const name of processNames) {
      this.member(name).resume()
      await this.startAgain(name, 'kill')
    }
  }

  /** The run cannot go on; the first reason is the one that is told. */
  giveUp(reason: string): void {
    this.#problem ??= reason
  }

  lookAtMemory(): void {
    this.member('coordinator').lookAtMemory()
  }

  /** Kills what runs and closes what is open. */
  async end(): Promise<void> {
    this.#ending = true
    const killAll = () => Promise.all([...this.#members.values()].map(member => member.kill()))
    await killAll()
    await this.#starting.catch(() => {})
    await killAll()
    await Promise.all([...this.#proxies.values()].map(proxy => proxy.close()))
    const clients = [this.admin, ...this.nodes, ...Object.values(this.processors)]
    await Promise.all(clients.map(client => client.close()))
  }

  async #startAll(): Promise<void> {
    for (const [link, targetPort] of Object.entries(linkTargets(this.ports)) as [LinkName, number][]) {
      const target = { host, port: targetPort }
      this.#proxies.set(link, await createFaultProxy({ host, port: this.ports.links[link], target }))
    }
    for (const member of this.#members.values()) {
      if (this.#ending) throw new ClusterProblem('stopped during the start')
      await member.start()
    }
  }

  #died(process: ProcessName): void {
    if (this.member(process).isUp) this.deaths.push({ process, atMs: this.#options.nowMs() })
  }

  #onCrash(name: ProcessName | undefined, how: string): void {
    if (this.#ending) return
    this.crashes.push(how)
    this.#options.onNote(how)
    if (name === undefined) this.giveUp(how)
    else {
      this.deaths.push({ process: name, atMs: this.#options.nowMs() })
      void this.startAgain(name, 'kill')
    }
  }
}

/** A fleet at free ports; nothing runs yet. */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  return new Fleet(options, portsFrom(await freePorts(portCount)))
}
