import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { PollTap } from '../../apps/judge/bench/cluster/poll-tap.ts'
import { freePorts } from '../../packages/service/src/index.ts'
import { NatsServers, temporaryDirectory, until } from '../../packages/testing/src/index.ts'
import { Program, root } from './cluster-process.ts'

/** A process that is a candidate of each shard. Shard N is at each port + N. */
export interface Candidate {
  readonly channelPort: number
  readonly adminPort: number
  program: Program
}

interface ClusterOptions {
  readonly shards: number
  readonly nodes: number
  /** Of the logs: LOG_NAME. */
  readonly name?: string
  /** It uses the servers and processors of this one, which is to be stopped last. */
  readonly beside?: ReplicatedCluster
}

interface Roles {
  readonly leader: Candidate
  readonly standby: Candidate
}

const secret = 'a secret of this test'
const token = 'the-token-of-an-operator'
const jsonHeaders = { 'content-type': 'application/json', 'x-rinha-token': '123' }
const startMsMax = 20_000
/** A new leader waits for a pause before its first poll. */
const pollMsMax = 30_000

/**
 * Three servers of replicated logs, two coordinators that have all shards, API nodes, two processors: each a program of its own.
 * Between coordinators and processors there are taps.
 */
export class ReplicatedCluster {
  readonly shards: number
  readonly servers: NatsServers
  /** Between coordinators and processors. They note when health is asked for. */
  readonly taps: readonly PollTap[]
  readonly coordinators: readonly Candidate[]
  readonly #name: string
  /** Servers and processors are another one's. */
  readonly #isGuest: boolean
  /** COORDINATORS of nodes, and of coordinators. */
  readonly #candidates: string
  readonly #processorPorts: readonly number[]
  readonly #nodePorts: readonly number[]
  readonly #tokensPath = writeTokens()
  readonly #programs: Program[] = []
  /** Of every payment that was acknowledged. */
  readonly #ids: string[] = []

  private constructor(
    { shards, nodes: nodeCount, name = 'payments', beside }: ClusterOptions,
    servers: NatsServers,
    ports: readonly number[],
    processorPorts: readonly number[],
    taps: readonly PollTap[],
  ) {
    this.shards = shards
    this.#name = name
    this.#isGuest = beside !== undefined
    this.servers = servers
    this.#processorPorts = processorPorts
    this.taps = taps
    for (const [index, port] of this.#isGuest ? [] : processorPorts.entries())
      this.#run('processor-twin', {
        PORT: `${port}`,
        PROCESSOR_NAME: index === 0 ? 'default' : 'fallback',
        FEE: index === 0 ? '0.05' : '0.15',
      })
    const [first = 0, second = 0, firstAdmin = 0, secondAdmin = 0, ...nodePorts] = ports
    this.#nodePorts = nodePorts.slice(0, nodeCount)
    const places = [
      { channelPort: first, adminPort: firstAdmin },
      { channelPort: second, adminPort: secondAdmin },
    ]
    this.#candidates = this.shardIndices
      .map(shard => places.map(({ channelPort }) => `127.0.0.1:${channelPort + shard}`).join())
      .join(';')
    this.coordinators = places.map(place => ({ ...place, program: this.#runCoordinator(place) }))
    for (const [index, port] of this.#nodePorts.entries())
      this.#run('api', {
        CHANNEL_SECRET: secret,
        SHARDS: `${shards}`,
        COORDINATORS: this.#candidates,
        PORT: `${port}`,
        NODE_NAME: `api${index + 1}`,
        ACK_LEVEL: 'replicated',
        ACK_WAIT_MS_MAX: '10000',
        REQUEST_TIMEOUT_MS: '5000',
      })
  }

  /** Resolves when both coordinators have found their roles, and the nodes are connected to every shard. */
  static async start(options: ClusterOptions): Promise<ReplicatedCluster> {
    const { shards, nodes, beside } = options
    const servers = beside?.servers ?? (await NatsServers.start(await freePorts(9)))
    const processorPorts = beside ? beside.#processorPorts : await freePorts(2)
    const taps = beside?.taps ?? (await Promise.all(processorPorts.map(port => PollTap.listen(port))))
    const ports = await freePorts(4 + nodes, shards)
    const cluster = new ReplicatedCluster(options, servers, ports, processorPorts, taps)
    await cluster.steady().catch(async error => {
      await cluster.stop()
      throw error
    })
    return cluster
  }

  async stop(): Promise<void> {
    for (const program of this.#programs) program.signal('SIGKILL')
    await Promise.all(this.#programs.map(({ exit }) => exit))
    if (this.#isGuest) return
    for (const tap of this.taps) tap.close()
    await this.servers.stop()
  }

  get shardIndices(): readonly number[] {
    return Array.from({ length: this.shards }, (_, index) => index)
  }

  nodeUrl(path: string, index = 0): string {
    return `http://localhost:${this.#nodePorts[index % this.#nodePorts.length]}${path}`
  }

  /** Under this, the log of a shard is found at the servers. */
  logName(shard: number): string {
    return this.shards === 1 ? this.#name : `${this.#name}-${shard}`
  }

  get logServers(): string {
    return this.servers.urls.map(url => `nats://${url}`).join(',')
  }

  feesOf(first: string): string {
    const [onDefault, fallback] = this.taps.map(({ port }) => port)
    return `default=http://127.0.0.1:${onDefault}@${first},fallback=http://127.0.0.1:${fallback}@0.15`
  }

  startAgain(candidate: Candidate): void {
    candidate.program = this.#runCoordinator(candidate)
  }

  async statusOf({ adminPort }: Candidate, shard: number): Promise<string> {
    const answer = await fetch(`http://localhost:${adminPort + shard}/health`).catch(() => undefined)
    return answer === undefined ? 'gone' : ((await answer.json()) as { readonly status: string }).status
  }

  /** Whether this process leads these shards, and is a standby of all others. */
  async leads(candidate: Candidate, shards = this.shardIndices): Promise<boolean> {
    const statuses = await Promise.all(this.shardIndices.map(shard => this.statusOf(candidate, shard)))
    return statuses.every((status, shard) => status === (shards.includes(shard) ? 'ok' : 'standby'))
  }

  /** Who leads the shard, and who stands by. */
  async roles(shard = 0): Promise<Roles> {
    return this.#orOutput(
      until(async () => {
        const statuses = await Promise.all(this.coordinators.map(each => this.statusOf(each, shard)))
        const [leader, standby] = [
          this.coordinators[statuses.indexOf('ok')],
          this.coordinators[statuses.indexOf('standby')],
        ]
        return leader !== undefined && standby !== undefined && { leader, standby }
      }, `one leads shard ${shard}, and one stands by`),
    )
  }

  /** Each shard has a leader and a standby, and the nodes are connected to all. */
  async steady(): Promise<void> {
    for (const shard of this.shardIndices) await this.roles(shard)
    await this.#orOutput(
      until(() => this.#nodesAreReady(), 'the nodes are connected to every shard', startMsMax),
    )
  }

  /** Resolves when a processor's health is asked for the next time, by whomever. */
  async polled(): Promise<void> {
    const [tap] = this.taps
    const before = tap?.polledAtMs.length ?? 0
    await until(() => (tap?.polledAtMs.length ?? 0) > before, 'health is asked for', pollMsMax)
  }

  /** The time between each poll of a processor and the one before. */
  get pollGapsMs(): readonly number[] {
    return this.taps.flatMap(({ gapsMs }) => gapsMs)
  }

  async admin(
    { adminPort }: Candidate,
    path: string,
    { shard = 0, method = 'GET', body }: { shard?: number; method?: string; body?: object } = {},
  ): Promise<unknown> {
    const answer = await fetch(`http://localhost:${adminPort + shard}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect(answer.status, `${method} ${path}`).toBe(200)
    return path === '/metrics' ? answer.text() : answer.json()
  }

  load(perSecond: number): ClientLoad {
    return new ClientLoad((path, index) => this.nodeUrl(path, index), perSecond)
  }

  /** All payments that any load has had acknowledged are settled, and the processors have no others, and none twice. */
  async booksAgree({ acknowledged }: ClientLoad): Promise<void> {
    this.#ids.push(...acknowledged.map(({ id }) => id))
    const totals = async () => {
      const theirs = await this.recordedCount()
      const summary = (await (await fetch(this.nodeUrl('/payments-summary'))).json()) as Sums
      return {
        theirs,
        ours: Object.values(summary).reduce((sum, { totalRequests }) => sum + totalRequests, 0),
      }
    }
    await until(async () => (await totals()).ours >= this.#ids.length, 'all are settled', 30_000)
    const { theirs, ours } = await totals()
    expect(theirs).toBe(ours)
    for (let from = 0; from < this.#ids.length; from += 50) {
      const some = this.#ids.slice(from, from + 50)
      const states = await Promise.all(
        some.map(async (id, index) => {
          const answer = await fetch(this.nodeUrl(`/payments/${id}`, index))
          return ((await answer.json()) as { readonly state?: string }).state
        }),
      )
      expect(new Set(states)).toEqual(new Set(['settled']))
    }
  }

  /** How many payments the processors have, by their own books. */
  async recordedCount(): Promise<number> {
    const books = await Promise.all(this.#processorPorts.map(port => booksAt(port)))
    return books.reduce((sum, { totalRequests }) => sum + totalRequests, 0)
  }

  #run(name: string, environment: NodeJS.ProcessEnv): Program {
    const program = new Program(process.execPath, [join(root, 'dist', `${name}.mjs`)], environment)
    this.#programs.push(program)
    return program
  }

  #runCoordinator({ channelPort, adminPort }: Omit<Candidate, 'program'>): Program {
    return this.#run('coordinator', {
      CHANNEL_SECRET: secret,
      CHANNEL_PORT: `${channelPort}`,
      ADMIN_PORT: `${adminPort}`,
      ...(this.shards > 1 && { SHARDS: `${this.shards}`, COORDINATORS: this.#candidates }),
      LOG_BYTES_MAX: `${64 * 1024 * 1024}`,
      ADMIN_TOKENS_FILE: this.#tokensPath,
      LOG_SERVERS: this.logServers,
      LOG_NAME: this.#name,
      PROCESSORS: this.feesOf('0.05'),
    })
  }

  async #nodesAreReady(): Promise<boolean> {
    const ready = await Promise.all(
      this.#nodePorts.map(async (_, index) => {
        const answer = await fetch(this.nodeUrl('/ready', index)).catch(() => undefined)
        if (answer?.ok !== true) return false
        const { shards = [] } = (await answer.json()) as {
          readonly shards?: readonly { readonly connected: boolean }[]
        }
        return shards.every(({ connected }) => connected)
      }),
    )
    return ready.every(Boolean)
  }

  async #orOutput<T>(found: Promise<T>): Promise<T> {
    return found.catch(error => {
      throw new Error(`${error}\n${this.#programs.map(({ output }) => output).join('\n')}`)
    })
  }
}

type Sums = Readonly<Record<string, { readonly totalRequests: number }>>

async function booksAt(port: number): Promise<{ readonly totalRequests: number }> {
  const answer = await fetch(`http://localhost:${port}/admin/payments-summary`, { headers: jsonHeaders })
  return (await answer.json()) as { readonly totalRequests: number }
}

function writeTokens(): string {
  const path = join(temporaryDirectory(), 'tokens')
  writeFileSync(path, `olga operator ${createHash('sha256').update(token).digest('hex')}\n`)
  return path
}

/** Posts at a steady rate to all nodes by turns, asks for sums beside it, and notes what each request came to. */
export class ClientLoad {
  readonly acknowledged: { readonly id: string; readonly atMs: number }[] = []
  readonly failures: string[] = []
  readonly levels = new Set<string>()
  readonly #url: (path: string, index: number) => string
  readonly #pending = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout
  #postedCount = 0

  constructor(url: (path: string, index: number) => string, perSecond: number) {
    this.#url = url
    this.#timer = setInterval(() => this.#post(), 1000 / perSecond)
  }

  #post(): void {
    const id = randomUUID()
    const body = JSON.stringify({ correlationId: id, amount: 19.9 })
    const index = this.#postedCount++
    const posted = fetch(this.#url('/payments', index), { method: 'POST', headers: jsonHeaders, body }).then(
      answer => {
        this.levels.add(String(answer.headers.get('preference-applied')))
        if (answer.status === 202) this.acknowledged.push({ id, atMs: performance.now() })
        else this.failures.push(`POST ${answer.status}`)
      },
      (error: Error) => void this.failures.push(error.message),
    )
    const asked = fetch(this.#url('/payments-summary', index)).then(
      ({ status, ok }) => void (ok || this.failures.push(`GET ${status}`)),
      (error: Error) => void this.failures.push(error.message),
    )
    for (const each of [posted, asked]) {
      this.#pending.add(each)
      each.then(() => this.#pending.delete(each))
    }
  }

  /** Resolves when so many payments more have been acknowledged. */
  async acknowledges(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count
    await until(() => this.acknowledged.length >= wanted, `${count} payments are acknowledged`, 30_000)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
  }

  /** The longest time without an acknowledgement. */
  get stallMs(): number {
    const atMs = this.acknowledged.map(({ atMs }) => atMs).sort((a, b) => a - b)
    return Math.round(Math.max(...atMs.slice(1).map((each, index) => each - (atMs[index] ?? 0))))
  }
}
