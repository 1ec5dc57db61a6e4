import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freePorts } from '../packages/service/src/index.ts'
import { NatsServers, temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { containersOf, podsOf, readManifests } from '../tools/kubernetes.ts'
import { Program, root } from './testing/cluster-process.ts'

/** The programs as the manifests of deploy/kubernetes start them, and the probes as the kubelet asks them, without a cluster. */
const manifests = readManifests(join(root, 'deploy/kubernetes'))
const bundles = { coordinator: 'payment-cluster-coordinator-archive', api: 'payment-cluster-api' }
const token = 'the-token-of-this-test'
const programs: Program[] = []
let servers: NatsServers
afterAll(async () => {
  for (const program of programs) program.signal('SIGKILL')
  await Promise.all(programs.map(({ exit }) => exit))
  await servers.stop()
})

/** With what differs where there is no cluster: addresses, files, a small disk, no TLS. */
function run(name: keyof typeof bundles, here: Readonly<Record<string, string>>): Program {
  const { environment } = containersOf(manifests).find(({ image }) => image === bundles[name]) ?? {}
  const bundle = join(root, 'dist', `${name}.mjs`)
  const program = new Program(process.execPath, [bundle], {
    ...environment,
    NODE_EXTRA_CA_CERTS: '',
    ...here,
  })
  programs.push(program)
  return program
}

/** The statuses of the probes of a container at a port. */
async function probe(name: keyof typeof bundles, port: number) {
  const spec = podsOf(manifests)
    .flatMap(({ containers }) => containers)
    .find(container => container.name === name)
  if (spec === undefined) throw new Error(`there is no container ${name}`)
  const ask = ({ httpGet: { path } }: { readonly httpGet: { readonly path: string } }) =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => 0,
    )
  const [started, ready, alive] = await Promise.all(
    [spec.startupProbe, spec.readinessProbe, spec.livenessProbe].map(ask),
  )
  return { started, ready, alive }
}

test('leader, standby and node are alive and ready; a leader whose log fails is alive, and not ready', async () => {
  const keys = join(temporaryDirectory(), 'keys')
  writeFileSync(keys, `client ${createHash('sha256').update(token).digest('hex')}\n`)
  const tokens = join(temporaryDirectory(), 'tokens')
  writeFileSync(tokens, `operator operator ${createHash('sha256').update(token).digest('hex')}\n`)
  const [httpPort = 0, metricsPort = 0, ...ports] = await freePorts(6)
  const [channelPorts, adminPorts] = [ports.slice(0, 2), ports.slice(2)]
  const addresses = channelPorts.map(port => `127.0.0.1:${port}`)
  servers = await NatsServers.start(await freePorts(9))

  run('api', {
    ...{ PORT: `${httpPort}`, METRICS_PORT: `${metricsPort}`, API_KEYS_FILE: keys },
    COORDINATORS: addresses.join(),
  })
  const well = { started: 200, ready: 200, alive: 200 }
  await expect.poll(() => probe('api', httpPort)).toEqual({ started: 503, ready: 200, alive: 200 })
  for (const [index, port] of channelPorts.entries())
    run('coordinator', {
      ...{ CHANNEL_HOST: '127.0.0.1', CHANNEL_PORT: `${port}`, CHANNEL_ADDRESS: addresses[index] ?? '' },
      ...{ ADMIN_PORT: `${adminPorts[index]}`, ADMIN_TOKENS_FILE: tokens },
      LOG_SERVERS: servers.urls.map(url => `nats://${url}`).join(),
      LOG_BYTES_MAX: `${64 * 1024 * 1024}`,
      PROCESSORS: 'default=http://127.0.0.1:1@0.05@100',
    })
  await expect.poll(() => probe('api', httpPort)).toEqual(well)
  for (const port of adminPorts) await expect.poll(() => probe('coordinator', port)).toEqual(well)

  const post = (headers: Readonly<Record<string, string>>) =>
    fetch(`http://127.0.0.1:${httpPort}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ correlationId: randomUUID(), amount: 19.9 }),
    })
  expect((await post({})).status).toBe(401)
  const { status, headers } = await post({ authorization: `Bearer ${token}` })
  expect([status, headers.get('preference-applied')]).toEqual([202, 'ack=replicated'])

  await Promise.all([servers.kill(0), servers.kill(1)])
  void post({ authorization: `Bearer ${token}`, prefer: 'ack=received' })
  const isFailing = ({ ready, alive }: { ready: number | undefined; alive: number | undefined }) =>
    ready === 503 && alive === 200
  await until(
    async () => (await Promise.all(adminPorts.map(port => probe('coordinator', port)))).some(isFailing),
    'the leader says that its log fails',
  )
  expect((await probe('api', httpPort)).ready).toBe(200)
})
