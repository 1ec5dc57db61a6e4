import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { talk, temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { judgePath, Program, root } from './testing/cluster-process.ts'
import { ContainerStack, docker, dockerProblem } from './testing/container-stack.ts'
import { drips, keepDripping } from './testing/drip.ts'

const problem = dockerProblem()
const ours = ['api1', 'api2', 'coordinator'] as const
const all = ['haproxy', ...ours] as const
const baseImage = 'node:24-trixie-slim'

// CI is set up with Docker. If Docker is missing there, this test fails.
test.runIf(problem !== undefined && process.env.CI === 'true')('CI has Docker', () => {
  expect(problem).toBeUndefined()
})

if (problem !== undefined) process.stderr.write(`The containers are not tested: ${problem}\n`)

describe.skipIf(problem !== undefined)('the containers of the challenge', () => {
  const directory = temporaryDirectory()
  let stack: ContainerStack
  let healthySinceMs: number
  /** Prints a line for each command that is started inside a container. */
  let starts: Program

  beforeAll(async () => {
    stack = await ContainerStack.create()
    await stack.build()
    await stack.up()
    healthySinceMs = performance.now()
    const filters = ['--filter', 'type=container', '--filter', 'event=exec_start']
    const format = '{{.Actor.Attributes.name}} {{json .Action}}'
    starts = new Program('docker', ['events', ...filters, '--format', format])
  }, 480_000)

  afterAll(async () => {
    starts?.signal('SIGTERM')
    await stack?.down()
  })

  /** The status of the answer, or the error as text. */
  async function post(): Promise<number | string> {
    try {
      const response = await fetch(`${stack.publicUrl}/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ correlationId: randomUUID(), amount: 19.9 }),
        // The timeout of the challenge's clients.
        signal: AbortSignal.timeout(1500),
      })
      await response.arrayBuffer()
      return response.status
    } catch (error) {
      return String((error as Error).cause ?? error)
    }
  }

  /** The exit code of a shell line inside a container. It runs as the container's user, unless `user` is given. */
  async function exitCodeIn(service: string, line: string, user?: string): Promise<number> {
    const as = user === undefined ? [] : ['--user', user]
    const shell = ['bash', '-c', `${line} >/dev/null 2>&1; echo $?`]
    return Number(await docker('exec', ...as, stack.container(service), ...shell))
  }

  const inspect = async (service: string) =>
    JSON.parse(await docker('inspect', stack.container(service)))[0] as {
      readonly State: { readonly ExitCode: number; readonly Health: { readonly Status: string } }
      readonly NetworkSettings: {
        readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>
      }
      readonly HostConfig: { readonly NanoCpus: number; readonly Memory: number; readonly CapDrop: string[] }
    }

  test('payments that are posted to port 9999 are settled, and both books agree', async () => {
    const statuses = await Promise.all(Array.from({ length: 50 }, post))
    expect(new Set(statuses)).toEqual(new Set([202]))
    const settled = async () => {
      const { default: cheap, fallback: dear } = await stack.summary()
      return cheap.totalRequests + dear.totalRequests
    }
    await expect.poll(settled, { timeout: 5_000 }).toBe(50)
    // How many payments of this first burst each processor gets depends on the speed of the machine.
    const ours = await stack.summary()
    for (const name of ['default', 'fallback'] as const) {
      const theirs = await fetch(`${stack.processorUrls[name]}/admin/payments-summary`, {
        headers: { 'x-rinha-token': '123' },
      })
      expect(await theirs.json()).toMatchObject(ours[name])
    }
  })

  test('the admin port is published, and the processors’ containers reach no port of the coordinator', async () => {
    const response = await fetch(`${stack.adminUrl}/queue-status`)
    expect(await response.json()).toMatchObject({ settledCount: expect.any(Number) })
    // Without a token, this machine may read, and may change nothing.
    expect((await fetch(`${stack.adminUrl}/purge`, { method: 'POST' })).status).toBe(403)
    const addresses = (await inspect('coordinator')).NetworkSettings.Networks
    const connects = (container: string, network: string, port: number) =>
      docker(
        ...['exec', container, 'timeout', '1', 'bash', '-c'],
        `exec 3<>/dev/tcp/${addresses[network]?.IPAddress}/${port}`,
      ).then(
        () => true,
        () => false,
      )
    const [cluster, admin] = [`${stack.name}_cluster`, `admin-${stack.name}`]
    const stranger = `${stack.name}-processors-payment-processor-default-1`
    const found: Record<string, boolean> = {}
    for (const port of [9400, 9090]) {
      found[`node, cluster, ${port}`] = await connects(stack.container('api1'), cluster, port)
      for (const network of [stack.name, cluster, admin])
        found[`stranger, ${network}, ${port}`] = await connects(stranger, network, port)
    }
    expect(Object.keys(addresses).sort()).toEqual([admin, cluster, stack.name].sort())
    expect(Object.keys(found).filter(name => found[name])).toEqual(['node, cluster, 9400'])
  })

  /** The statuses that a raw connection gets before it is closed. */
  async function statusesOf(text: string): Promise<string> {
    const talked = await talk(Number(new URL(stack.publicUrl).port), [text], 9)
    expect(talked.isClosed()).toBe(true)
    return talked.answers.map(({ status }) => status).join(' ')
  }

  const request = (target: string, headers: string, body = '') =>
    `${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`
  const queued = 'Content-Type: application/json\r\nPrefer: ack=queued\r\n'
  const payment = () => JSON.stringify({ correlationId: randomUUID(), amount: 19.9 })
  const posted = (target = 'POST /payments', headers = '') => {
    const body = payment()
    return request(target, `${queued}${headers}Content-Length: ${body.length}\r\n`, body)
  }
  const inChunks = (end: string) => {
    const body = payment()
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
    return request('POST /payments', `${queued}Transfer-Encoding: chunked\r\n`, `${chunk}0\r\n${end}\r\n`)
  }
  const last = request('GET /health', 'Connection: close\r\n')

  test.each<[string, () => string, string]>([
    ['two requests in one write', () => posted() + last, '202 200'],
    ['a target in absolute form', () => posted('POST http://x/payments') + last, '202 200'],
    ['the same with a query', () => request('GET HTTP://x/payments-summary?form=1', '') + last, '400 200'],
    ['HEAD', () => request('HEAD /health', '') + last, '200 200'],
    ['Prefer on two lines', () => posted('POST /payments', 'Prefer: wait=1\r\n') + last, '202 200'],
    [
      'a header continued on the next line',
      () => posted('POST /payments', 'X: a\r\n b\r\n') + last,
      '202 200',
    ],
    ['an empty line in front', () => `\r\n${posted()}${last}`, '202 200'],
    ['a body in chunks', () => inChunks('') + last, '202 200'],
    ['a trailer behind the chunks', () => inChunks('X-Sum: 1\r\n'), '505'],
    ['HTTP/1.0', () => posted().replace('HTTP/1.1', 'HTTP/1.0'), '505'],
    ['two lengths that differ', () => posted('POST /payments', 'Content-Length: 3\r\n'), '400'],
  ])('through HAProxy %s is answered as the README of the API says', async (_, text, expected) => {
    expect(await statusesOf(text())).toBe(expected)
  })

  test('through HAProxy a client that has closed its sending direction is answered', async () => {
    const talked = await talk(Number(new URL(stack.publicUrl).port), [posted()], 0)
    talked.endSending()
    expect((await talked.more(1)).map(({ status }) => status)).toEqual([202])
  })

  test('while hundreds of connections drip their requests, honest clients are all answered 202', async () => {
    const port = Number(new URL(stack.publicUrl).port)
    const stops = Object.values(drips).map(drip => keepDripping(port, drip, 150))
    try {
      // Long enough for every dripping connection to be closed once and opened again.
      const endMs = Date.now() + 7000
      const statuses: (number | string)[] = []
      while (Date.now() < endMs) {
        statuses.push(...(await Promise.all(Array.from({ length: 5 }, post))))
        await sleep(50)
      }
      expect(new Set(statuses)).toEqual(new Set([202]))
    } finally {
      for (const stop of stops) stop()
    }
  })

  test('through HAProxy in TCP mode a client gets the answers as the nodes give them', async () => {
    const name = `${stack.name}-tcp`
    const config = `${join(root, 'haproxy.tcp.cfg')}:/usr/local/etc/haproxy/haproxy.cfg:ro`
    const where = ['--network', `${stack.name}_edge`, '--publish', '127.0.0.1::9999', '--volume', config]
    // In both networks before it starts: what is under way while a container gets another network may never be answered.
    await docker('create', '--name', name, ...where, 'haproxy:3.0')
    try {
      await docker('network', 'connect', `${stack.name}_cluster`, name)
      await docker('start', name)
      const port = Number((await docker('port', name, '9999')).split(':').at(-1))
      const isUp = async () => (await talk(port, [last])).answers[0]?.status === 200
      await until(isUp, 'HAProxy has found the nodes')

      const half = await talk(port, [posted()], 0)
      half.endSending()
      expect((await half.more(1)).map(({ status }) => status)).toEqual([202])
      const two = await talk(port, [posted() + last])
      expect([two.raw(), two.isClosed()]).toEqual(['', true])
      const slow = await talk(port, [posted().slice(0, -9)])
      expect(slow.answers.map(({ status }) => status)).toEqual([408])
    } finally {
      await docker('rm', '--force', name)
    }
  })

  test('Docker limits the containers to 1.5 CPU and 350 MB together, and gives them no capability', async () => {
    const limits = await Promise.all(all.map(async service => (await inspect(service)).HostConfig))
    expect(limits.reduce((sum, each) => sum + each.NanoCpus, 0)).toBe(1.5e9)
    expect(limits.reduce((sum, each) => sum + each.Memory, 0)).toBe(350 * 2 ** 20)
    expect(limits.map(each => each.CapDrop)).toEqual(all.map(() => ['ALL']))
  })

  test.each(all)('%s does not run as root, and even root cannot write to its image', async service => {
    expect(await exitCodeIn(service, '[[ $(id -u) != 0 ]]')).toBe(0)
    expect(await exitCodeIn(service, 'touch /tmp/it-can')).toBe(0)
    for (const folder of ['/', '/usr/bin', '/var/tmp'])
      expect([folder, await exitCodeIn(service, `touch ${folder}/it-cannot`, '0')]).toEqual([folder, 1])
  })

  test.each(ours)('%s contains no package manager and no sources', async service => {
    for (const tool of ['npm', 'npx', 'corepack', 'yarn', 'pnpm', 'apt-get', 'dpkg'])
      expect([tool, await exitCodeIn(service, `command -v ${tool}`)]).toEqual([tool, 1])
    const isApi = service !== 'coordinator'
    const files = await docker('exec', stack.container(service), 'find', '/app', '-type', 'f')
    expect(files.split('\n').sort()).toEqual(
      isApi
        ? ['/app/api.mjs', '/app/uws/LICENSE', '/app/uws/uws.cjs', '/app/uws/uws_linux_x64_137.node']
        : ['/app/coordinator.mjs', '/app/replay.worker.mjs'],
    )
    // The archive is in an image of its own.
    if (!isApi) expect(await exitCodeIn(service, 'grep -q -i leveldb /app/*.mjs')).toBe(1)
  })

  test.each(['api', 'coordinator'])('the image of the %s adds less than 15 MB to its base', async name => {
    const sizeOf = async (image: string) =>
      Number(await docker('image', 'inspect', '--format', '{{.Size}}', image))
    const added = (await sizeOf(`payment-cluster-${name}:e2e`)) - (await sizeOf(baseImage))
    expect(added).toBeGreaterThan(0)
    expect(added).toBeLessThan(15_000_000)
  })

  test('a preview in k6: no failed request, no lag, no inconsistency, and every container stays within its limits', async () => {
    const file = join(directory, 'results.json')
    const program = new Program(process.execPath, [
      // Not scaled: health polls come every 5 s at any scale. In half the time, the backlog that a late poll leaves could not drain
      // before the end.
      ...[judgePath, 'score-k6', '--schedule', 'preview', '--vus', '350', '--json', file],
      ...['--yes', '--backend', stack.publicUrl, '--admin', stack.adminUrl],
      ...['--report', join(directory, 'report.html')],
      ...['--default', stack.processorUrls.default, '--fallback', stack.processorUrls.fallback],
    ])
    expect(await program.exit, program.output).toBe(0)
    const accepted = expect.any(Number)
    expect(JSON.parse(readFileSync(file, 'utf8')), program.output).toMatchObject({
      multa: { composicao: { num_inconsistencias: 0 } },
      lag: { lag: 0, num_pagamentos_total: accepted },
      pagamentos_solicitados: { qtd_sucesso: accepted, qtd_falha: 0 },
    })
    for (const service of all) {
      const row = new RegExp(`^ +${service} +([\\d.]+) MiB +([\\d.]+) MiB +[\\d.]+ s +([\\d.]+) .*`, 'm')
      const [line = '', peakMiB, limitMiB, meanCpus] = row.exec(program.output) ?? []
      expect(Number(peakMiB), line).toBeGreaterThan(0)
      expect(Number(peakMiB), line).toBeLessThan(0.8 * Number(limitMiB))
      expect(Number(meanCpus), line).toBeLessThan((await inspect(service)).HostConfig.NanoCpus / 1e9)
    }
  }, 120_000)

  test('no health check has been started since every container was healthy', async () => {
    // Six times the pause between Docker's health checks while a container starts.
    expect(performance.now() - healthySinceMs).toBeGreaterThan(6000)
    await until(() => starts.output.includes('it-can'), 'what the tests started is there, and so is the rest')
    const ofOurs = starts.output.split('\n').filter(line => line.startsWith(`${stack.name}-`))
    expect(ofOurs.filter(line => line.includes('exec_start: bash -c exec 3<>'))).toEqual([])
  })

  test('no request fails while one API node is killed and comes back', async () => {
    const statuses: (number | string)[] = []
    const endMs = Date.now() + 5000
    const users = Array.from({ length: 20 }, async () => {
      while (Date.now() < endMs) {
        statuses.push(await post())
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    })
    await new Promise(resolve => setTimeout(resolve, 1500))
    const atKillCount = statuses.length
    await docker('kill', stack.container('api1'))
    await new Promise(resolve => setTimeout(resolve, 1500))
    const atStartCount = statuses.length
    await docker('start', stack.container('api1'))
    await Promise.all(users)
    expect(statuses.filter(status => status !== 202)).toEqual([])
    // Requests were answered before the kill, while the node was down, and after its start.
    expect(atKillCount).toBeGreaterThan(0)
    expect(atStartCount).toBeGreaterThan(atKillCount)
    expect(statuses.length).toBeGreaterThan(atStartCount)
    const health = async () => (await inspect('api1')).State.Health.Status
    await expect.poll(health, { timeout: 15_000 }).toBe('healthy')
  })

  // This test and the next one stop the containers, so they come last.
  test('at a stop every process ends by itself with exit code 0, so Docker kills none', async () => {
    await stack.compose('stop')
    const codes = await Promise.all(
      all.map(async service => [service, (await inspect(service)).State.ExitCode]),
    )
    expect(codes).toEqual(all.map(service => [service, 0]))
  })

  test.each([...ours, 'processors-payment-processor-default'])(
    'a stop right after the start of %s ends it within 2 s',
    async service => {
      const container = stack.container(service)
      await docker('stop', container)
      await docker('start', container)
      await sleep(100)
      const askedMs = Date.now()
      await docker('stop', container)
      expect(Date.now() - askedMs).toBeLessThan(2000)
    },
  )
})
