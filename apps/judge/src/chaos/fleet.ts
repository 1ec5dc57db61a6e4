import { randomBytes } from 'node:crypto'
import { appendFileSync, closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFaultProxy, type FaultProxy, type ProxyFault } from '@rinha/fault-proxy'
import { type Child, freePorts, StartProblem, Supervisor } from '@rinha/service'
import { HttpClient } from '../http-client.ts'
import { configuration } from '../score/targets.ts'
import {
  type ChaosPorts,
  clockFile,
  type FleetPlaces,
  host,
  linkTargets,
  planProcesses,
  portCount,
  portsFrom,
  processorToken,
} from './layout.ts'
import {
  type LinkName,
  nodeNames,
  type ProcessName,
  type ProcessorName,
  type ProcessorTrouble,
  processorNames,
} from './plan.ts'
import { memoryBytesPeak, ProcessLog } from './process-log.ts'
import type { Death } from './verdict.ts'

const processNames: readonly ProcessName[] = ['coordinator', ...nodeNames]
const linkNames: readonly LinkName[] = [...nodeNames, ...processorNames]

/** A process that does not come up is tried again: its port may be in use for a moment after a kill. */
const startTriesMax = 3
const startAgainMs = 300
/** Longer than a node's DRAIN_MS_MAX. */
const stopMsMax = 12_000
/** A processor's admin side, the coordinator's, an API node asked once more. */
const requestTimeoutMs = 3000
const lookUpConnectionsMax = 48

/**
 * Everything that runs: five processes, the proxy of each link, and connections of our own to the processors, the
 * coordinator's admin port and the API nodes, none of which goes through a proxy.
 *
 * It starts and kills as it is told, and records, by one clock, what the verdict needs: which process died when, which
 * ended by itself, how long the coordinator took to come back.
 *
 * Invariant: when {@link end} has resolved, no process runs, no proxy listens and no connection is open.
 */
export class Fleet {
  readonly ports: ChaosPorts
  readonly processors: Readonly<Record<ProcessorName, HttpClient>>
  readonly admin: HttpClient
  readonly nodes: readonly HttpClient[]
  readonly deaths: Death[] = []
  /** Processes that ended although they were not asked to, or did not end although they were, in words. */
  readonly crashes: string[] = []
  /** The time from the start after a kill until the process says that it serves. */
  readonly coordinatorRecoveriesMs: number[] = []
  readonly #startMs = performance.now()
  readonly #directory: string
  readonly #supervisor: Supervisor
  readonly #log: ProcessLog
  readonly #proxies = new Map<LinkName, FaultProxy>()
  #starting: Promise<void> = Promise.resolve()
  #isEnding = false
  readonly #giveUp = new AbortController()
  #coordinatorBytesPeak: number | undefined

  private constructor(places: FleetPlaces, ports: ChaosPorts) {
    const { bundleDirectory, directory } = places
    this.ports = ports
    this.#directory = directory
    const client = (port: number) =>
      new HttpClient(`http://${host}:${port}`, {
        timeoutMs: requestTimeoutMs,
        headers: { 'x-rinha-token': processorToken },
        connectionCountMax: lookUpConnectionsMax,
      })
    this.processors = { default: client(ports.defaultPort), fallback: client(ports.fallbackPort) }
    this.admin = client(ports.adminPort)
    this.nodes = ports.nodePorts.map(client)
    this.#log = new ProcessLog(directory, name => this.#gaveUpPayments(name))
    const plan = planProcesses(ports, randomBytes(32).toString('hex'), places)
    this.#supervisor = new Supervisor(plan, {
      bundleDirectory,
      onLine: (name, line) => this.#log.write(name, line),
      onCrash: (name, { words }) => this.#onCrash(name, words),
    })
  }

  /** A fleet at free ports; nothing runs yet. */
  static async create(places: FleetPlaces): Promise<Fleet> {
    return new Fleet(places, portsFrom(await freePorts(portCount)))
  }

  /** Milliseconds since it was created. */
  readonly nowMs = (): number => performance.now() - this.#startMs

  /** Writes down what happened, and when. */
  readonly note = (line: string): void =>
    appendFileSync(join(this.#directory, 'faults.log'), `${(this.nowMs() / 1000).toFixed(3)} s  ${line}\n`)

  /** Aborted, with a {@link StartProblem}, when the run cannot go on: by a process that does not come up again. */
  get over(): AbortSignal {
    return this.#giveUp.signal
  }

  /** The most memory that any of its processes was seen with; undefined where the system does not say. */
  get coordinatorBytesPeak(): number | undefined {
    return this.#coordinatorBytesPeak
  }

  /** Resolves when everything serves. Rejects with a {@link StartProblem}; then {@link end} is still to be called. */
  start(): Promise<void> {
    this.#starting = this.#startAll()
    return this.#starting
  }

  /** All at once, before waiting for any of them. */
  async kill(names: readonly ProcessName[]): Promise<void> {
    this.lookAtMemory()
    const atMs = this.nowMs()
    const running = names.filter(name => this.#child(name)?.isRunning)
    for (const process of running) this.deaths.push({ process, atMs })
    await Promise.all(running.map(name => this.#child(name)?.kill()))
  }

  async stop(name: ProcessName): Promise<void> {
    this.lookAtMemory()
    const child = this.#child(name)
    if (!child?.isRunning) return
    const { code, signal } = await child.stop(stopMsMax)
    if (code !== 0) this.#gaveUpPayments(name)
    if (signal !== 'SIGKILL') return
    const words = `${name} did not stop within ${stopMsMax / 1000} s`
    this.crashes.push(words)
    this.note(words)
  }

  pause(name: ProcessName, durationMs: number): void {
    this.#child(name)?.pause(durationMs)
  }

  resume(name: ProcessName): void {
    this.#child(name)?.resume()
  }

  /** Its wall clock is wrong by this from now on, also when it starts again. */
  stepClock(name: ProcessName, offsetMs: number): void {
    writeFileSync(clockFile(this.#directory, name), `${offsetMs}\n`)
  }

  /** Brings a process back up, on request with a log on a full disk. Where it does not come, the run is {@link over}. */
  async startAgain(name: ProcessName, after: 'kill' | 'stop', log?: 'full'): Promise<void> {
    for (let tries = 1; !this.#isEnding && !this.#child(name)?.isRunning; tries += 1) {
      try {
        const startMs = performance.now()
        await this.#start(name, log)
        if (name === 'coordinator' && after === 'kill')
          this.coordinatorRecoveriesMs.push(performance.now() - startMs)
        return
      } catch (error) {
        if (!(error instanceof StartProblem)) throw error
        this.note(error.message)
        if (tries === startTriesMax) return this.giveUp(`${error.message}, ${tries} times in a row`)
        await sleep(startAgainMs)
      }
    }
  }

  async disturb(link: LinkName, fault: ProxyFault | undefined): Promise<void> {
    await this.#proxies.get(link)?.setFault(fault)
  }

  async trouble(name: ProcessorName, trouble: ProcessorTrouble | undefined): Promise<void> {
    const put = async (...setting: Parameters<typeof configuration>) => {
      const answer = await this.processors[name].send(configuration(...setting))
      if (answer.kind === 'none' || answer.status !== 200)
        this.giveUp(`the ${name} processor could not be told to change: ${JSON.stringify(answer)}`)
    }
    const { kind, delayMs = 0, ...faults } = trouble ?? {}
    await put('delay', { delay: delayMs })
    await put('failure', { failure: kind === 'failing' })
    await put('fault', faults)
  }

  /** All processes run, links are clean, and processors have no faults. */
  async heal(): Promise<void> {
    await Promise.all(linkNames.map(link => this.disturb(link, undefined)))
    await Promise.all(processorNames.map(name => this.trouble(name, undefined)))
    for (const name of processNames) {
      this.stepClock(name, 0)
      this.resume(name)
      await this.startAgain(name, 'kill')
    }
  }

  /** The run cannot go on. Only the first reason is reported. */
  giveUp(reason: string): void {
    this.#giveUp.abort(new StartProblem(reason))
  }

  /** The kernel keeps the mark, so a look now and then, and one before its end, misses little. */
  lookAtMemory(): void {
    const peak = memoryBytesPeak(this.#child('coordinator')?.pid)
    if (peak !== undefined) this.#coordinatorBytesPeak = Math.max(this.#coordinatorBytesPeak ?? 0, peak)
  }

  /** Kills all running processes and closes all open connections. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#supervisor.kill()
    await this.#starting.catch(() => {})
    await Promise.all([...this.#proxies.values()].map(proxy => proxy.close()))
    const clients = [this.admin, ...this.nodes, ...Object.values(this.processors)]
    await Promise.all(clients.map(client => client.close()))
  }

  async #startAll(): Promise<void> {
    for (const [link, targetPort] of Object.entries(linkTargets(this.ports)) as [LinkName, number][]) {
      const target = { host, port: targetPort }
      this.#proxies.set(link, await createFaultProxy({ host, port: this.ports.links[link], target }))
    }
    await this.#supervisor.start()
  }

  async #start(name: ProcessName, log: 'full' | undefined): Promise<void> {
    // The system has a file on a disk without room.
    const file = log === 'full' ? openSync('/dev/full', 'w') : undefined
    try {
      await this.#supervisor.startAgain(name, file)
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  #child(name: ProcessName): Child | undefined {
    return this.#supervisor.child(name)
  }

  #onCrash(name: string, words: string): void {
    if (this.#isEnding) return
    this.crashes.push(words)
    this.note(words)
    const process = processNames.find(processName => processName === name)
    if (process === undefined) return this.giveUp(words)
    this.deaths.push({ process, atMs: this.nowMs() })
    void this.startAgain(process, 'kill')
  }

  /** It reported lost payments, or did not stop in order or in time. The verdict treats that as a kill. */
  #gaveUpPayments(name: string): void {
    this.note(`${name} did not stop in order, or with payments that it could not hand on`)
    const process = processNames.find(processName => processName === name)
    if (process !== undefined) this.deaths.push({ process, atMs: this.nowMs() })
  }
}
