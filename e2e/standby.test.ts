import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../packages/service/src/index.ts'
import { NatsServers, temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { Program, root } from './testing/cluster-process.ts'

/** Three servers of a replicated log, a leader and a standby, an API node, two processors: each a program of its own. */
const secret = 'a secret of this test'
const jsonHeaders = { 'content-type': 'application/json', 'x-rinha-token': '123' }
let servers: NatsServers
let nodePort: number
let tokensPath: string
let processorPorts: number[]
let coordinators: Coordinator[]
const programs: Program[] = []

interface Coordinator {
  readonly channelPort: number
  readonly adminPort: number
  program: Program
}

function run(name: string, environment: NodeJS.ProcessEnv): Program {
  const program = new Program(process.execPath, [join(root, 'dist', `${name}.mjs`)], environment)
  programs.push(program)
  return program
}

const token = 'the-token-of-an-operator'

function writeTokens(): string {
  const path = join(temporaryDirectory(), 'tokens')
  writeFileSync(path, `olga operator ${createHash('sha256').update(token).digest('hex')}\n`)
  return path
}

async function admin(
  { adminPort }: Coordinator,
  path: string,
  method = 'GET',
  body?: object,
): Promise<unknown> {
  const answer = await fetch(`http://localhost:${adminPort}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
    ...(body && { body: JSON.stringify(body) }),
  })
  expect(answer.status, `${method} ${path}`).toBe(200)
  return path === '/metrics' ? answer.text() : answer.json()
}

const feesOf = (first: string) =>
  `default=http://localhost:${processorPorts[0]}@${first},fallback=http://localhost:${processorPorts[1]}@0.15`

const runCoordinator = (channelPort: number, adminPort: number) =>
  run('coordinator', {
    CHANNEL_SECRET: secret,
    CHANNEL_PORT: `${channelPort}`,
    ADMIN_PORT: `${adminPort}`,
    LOG_BYTES_MAX: `${256 * 1024 * 1024}`,
    ADMIN_TOKENS_FILE: tokensPath,
    LOG_SERVERS: servers.urls.map(url => `nats://${url}`).join(','),
    PROCESSORS: feesOf('0.05'),
  })

beforeAll(async () => {
  tokensPath = writeTokens()
  servers = await NatsServers.start(await freePorts(9))
  const [first = 0, second = 0, api = 0, ...others] = await freePorts(7)
  nodePort = api
  processorPorts = others.slice(0, 2)
  for (const [index, port] of processorPorts.entries())
    run('processor-twin', {
      PORT: `${port}`,
      PROCESSOR_NAME: index === 0 ? 'default' : 'fallback',
      FEE: '0.05',
    })
  coordinators = [first, second].map((channelPort, index) => {
    const adminPort = Number(others[2 + index])
    return { channelPort, adminPort, program: runCoordinator(channelPort, adminPort) }
  })
  run('api', {
    CHANNEL_SECRET: secret,
    COORDINATORS: `127.0.0.1:${first},127.0.0.1:${second}`,
    PORT: `${nodePort}`,
    NODE_NAME: 'api1',
    ACK_LEVEL: 'replicated',
    ACK_WAIT_MS_MAX: '10000',
    REQUEST_TIMEOUT_MS: '5000',
  })
  await until(() => isOk(nodeUrl('/ready')), 'the node is ready', 10_000).catch(error => {
    throw new Error(`${error}\n${programs.map(({ output }) => output).join('\n')}`)
  })
}, 60_000)

afterAll(async () => {
  for (const program of programs) program.signal('SIGKILL')
  await Promise.all(programs.map(({ exit }) => exit))
  await servers?.stop()
})

const nodeUrl = (path: string) => `http://localhost:${nodePort}${path}`
const isOk = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )

async function statusOf({ adminPort }: Coordinator): Promise<string> {
  const answer = await fetch(`http://localhost:${adminPort}/health`).catch(() => undefined)
  return answer === undefined ? 'gone' : ((await answer.json()) as { readonly status: string }).status
}

async function roles(): Promise<{ leader: Coordinator; standby: Coordinator }> {
  return until(async () => {
    const statuses = await Promise.all(coordinators.map(statusOf))
    const [leader, standby] = [
      coordinators[statuses.indexOf('ok')],
      coordinators[statuses.indexOf('standby')],
    ]
    return leader !== undefined && standby !== undefined && { leader, standby }
  }, 'one leads, and one stands by').catch(error => {
    throw new Error(`${error}\n${programs.map(({ output }) => output).join('\n')}`)
  })
}

/** Posts at a steady rate, and notes what each post came to. */
class Load {
  readonly acknowledged: { readonly id: string; readonly atMs: number }[] = []
  readonly failures: string[] = []
  readonly levels = new Set<string>()
  readonly #pending = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout

  constructor(perSecond: number) {
    this.#timer = setInterval(() => this.#post(), 1000 / perSecond)
  }

  #post(): void {
    const id = randomUUID()
    const body = JSON.stringify({ correlationId: id, amount: 19.9 })
    const posted = fetch(nodeUrl('/payments'), { method: 'POST', headers: jsonHeaders, body }).then(
      answer => {
        this.levels.add(String(answer.headers.get('preference-applied')))
        if (answer.status === 202) this.acknowledged.push({ id, atMs: performance.now() })
        else this.failures.push(`POST ${answer.status}`)
      },
      (error: Error) => void this.failures.push(error.message),
    )
    const asked = fetch(nodeUrl('/payments-summary')).then(
      ({ status, ok }) => void (ok || this.failures.push(`GET ${status}`)),
      (error: Error) => void this.failures.push(error.message),
    )
    for (const each of [posted, asked]) {
      this.#pending.add(each)
      each.then(() => this.#pending.delete(each))
    }
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

const ids: string[] = []

async function booksAgree(load: Load): Promise<void> {
  ids.push(...load.acknowledged.map(({ id }) => id))
  const totals = async () => {
    const books = await Promise.all(
      processorPorts.map(async port => {
        const answer = await fetch(`http://localhost:${port}/admin/payments-summary`, {
          headers: jsonHeaders,
        })
        return (await answer.json()) as { readonly totalRequests: number }
      }),
    )
    const summary = (await (await fetch(nodeUrl('/payments-summary'))).json()) as Record<
      string,
      { readonly totalRequests: number }
    >
    return {
      theirs: books.reduce((sum, { totalRequests }) => sum + totalRequests, 0),
      ours: Object.values(summary).reduce((sum, { totalRequests }) => sum + totalRequests, 0),
    }
  }
  await until(async () => (await totals()).ours >= ids.length, 'all are settled', 30_000)
  const { theirs, ours } = await totals()
  expect(theirs).toBe(ours)
  for (let from = 0; from < ids.length; from += 50) {
    const some = ids.slice(from, from + 50)
    const states = await Promise.all(
      some.map(
        async id => ((await (await fetch(nodeUrl(`/payments/${id}`))).json()) as { state?: string }).state,
      ),
    )
    expect(new Set(states)).toEqual(new Set(['settled']))
  }
}

test('a leader is killed under load: the standby leads, nothing acknowledged is lost, and nothing is charged twice', async () => {
  const { leader, standby } = await roles()
  const load = new Load(200)
  await until(() => load.acknowledged.length > 300, 'payments are acknowledged')
  const killedAtMs = performance.now()
  leader.program.signal('SIGKILL')
  const atKillCount = load.acknowledged.length
  await until(() => load.acknowledged.length > atKillCount + 300, 'payments are acknowledged again', 30_000)
  await load.stop()
  const first = load.acknowledged.slice(atKillCount).find(({ atMs }) => atMs > killedAtMs + 50)
  process.stderr.write(
    `SIGKILL: first acknowledgement after ${Math.round((first?.atMs ?? 0) - killedAtMs)} ms, stall ${load.stallMs} ms, failed ${load.failures.length}\n`,
  )
  expect(load.levels).toEqual(new Set(['ack=replicated']))
  expect(await statusOf(standby)).toBe('ok')
  await booksAgree(load)
  leader.program = runCoordinator(leader.channelPort, leader.adminPort)
}, 120_000)

test('a leader that is stopped hands over, and no request fails', async () => {
  const { leader, standby } = await roles()
  const load = new Load(200)
  await until(() => load.acknowledged.length > 300, 'payments are acknowledged')
  leader.program.signal('SIGTERM')
  expect(await leader.program.exit).toBe(0)
  const atEndCount = load.acknowledged.length
  await until(() => load.acknowledged.length > atEndCount + 300, 'payments are acknowledged again', 30_000)
  await load.stop()
  process.stderr.write(`SIGTERM: stall ${load.stallMs} ms, failed ${load.failures.length}\n`)
  expect(load.failures).toEqual([])
  expect(await statusOf(standby)).toBe('ok')
  await booksAgree(load)
  leader.program = runCoordinator(leader.channelPort, leader.adminPort)
}, 120_000)

test('what a person has set is in force at the next leader, and a standby says how far it is', async () => {
  const { leader, standby } = await roles()
  await admin(leader, '/pause', 'POST', { processor: 'fallback' })
  await admin(leader, '/settings', 'PATCH', { PROCESSORS: feesOf('0.07'), QUEUE_WAIT_MS_MAX: 60_000 })
  expect(await admin(standby, '/metrics')).toMatch(/^coordinator_leads 0$/m)
  expect((await fetch(`http://localhost:${standby.adminPort}/ready`)).status).toBe(503)
  leader.program.signal('SIGKILL')
  await until(async () => (await statusOf(standby)) === 'ok', 'the standby leads')
  expect(await admin(standby, '/metrics')).toMatch(/^coordinator_leads 1$/m)
  expect(await admin(standby, '/queue-status')).toMatchObject({
    processors: [
      { name: 'default', paused: false },
      { name: 'fallback', paused: true },
    ],
  })
  const { settings } = (await admin(standby, '/settings')) as { settings: { name: string; value: unknown }[] }
  const shownValue = (wanted: string) => settings.find(({ name }) => name === wanted)?.value
  expect([shownValue('QUEUE_WAIT_MS_MAX'), `${shownValue('PROCESSORS')}`.includes('@0.07')]).toEqual([
    60_000,
    true,
  ])
  await admin(standby, '/resume', 'POST', {})
  leader.program = runCoordinator(leader.channelPort, leader.adminPort)
}, 120_000)

test('a leader that stood still while another one took over ends, and the other one goes on', async () => {
  const { leader, standby } = await roles()
  leader.program.signal('SIGSTOP')
  await until(async () => (await statusOf(standby)) === 'ok', 'the standby leads')
  leader.program.signal('SIGCONT')
  expect(await leader.program.exit).toBe(1)
  expect(leader.program.output).toContain("no longer this process's")
  const load = new Load(50)
  await until(() => load.acknowledged.length > 100, 'payments are acknowledged')
  await load.stop()
  await booksAgree(load)
}, 120_000)
