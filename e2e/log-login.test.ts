import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { JetStreamLog } from '../packages/journal/src/jetstream/index.ts'
import { freePorts } from '../packages/service/src/index.ts'
import { natsServer, temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { Program, root } from './testing/cluster-process.ts'

/** A server of a replicated log with TLS and logins, by deploy/nats.conf. */
const programs: Program[] = []
afterAll(async () => {
  for (const program of programs) program.signal('SIGKILL')
  await Promise.all(programs.map(({ exit }) => exit))
})

/** What differs from deploy/nats.conf: it is alone, at another port. */
async function startServer(change: (config: string) => string) {
  const directory = temporaryDirectory()
  const [port = 0] = await freePorts(1)
  const config = readFileSync(join(root, 'deploy', 'nats.conf'), 'utf8')
    .replace(/^cluster .*$/m, '')
    .replace('0.0.0.0:4222', `127.0.0.1:${port}`)
  writeFileSync(join(directory, 'nats.conf'), change(config))
  const server = new Program(await natsServer(), ['-c', join(directory, 'nats.conf')], {
    NATS_NAME: 'n1',
    NATS_DATA: join(directory, 'data'),
    COORDINATOR_PASSWORD: 'of-coordinators',
    VIEWER_PASSWORD: 'of-viewers',
  })
  programs.push(server)
  await server.said('Server is ready')
  return { port, directory }
}

function certify(directory: string): string {
  const [key, certificate] = ['server.key', 'server.crt'].map(name => join(directory, name))
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'])
      .concat(['-keyout', key ?? '', '-out', certificate ?? '']),
    { stdio: 'ignore' },
  )
  return certificate ?? ''
}

async function startCoordinator(login: string, port: number, authority: string) {
  const [channelPort, adminPort] = await freePorts(2)
  const program = new Program(process.execPath, [join(root, 'dist', 'coordinator.mjs')], {
    CHANNEL_SECRET: 'a secret of this test',
    CHANNEL_PORT: `${channelPort}`,
    ADMIN_PORT: `${adminPort}`,
    LOG_SERVERS: `tls://${login}@localhost:${port}`,
    LOG_BYTES_MAX: `${16 * 1024 * 1024}`,
    NODE_EXTRA_CA_CERTS: authority,
  })
  programs.push(program)
  const health = () =>
    fetch(`http://localhost:${adminPort}/health`).then(
      async answer => ((await answer.json()) as { readonly status: string }).status,
      () => 'gone',
    )
  return { program, health }
}

test('a coordinator that knows the password leads over TLS; one that does not, or cannot trust the server, says why', async () => {
  let authority = ''
  const { port } = await startServer(config => {
    const directory = temporaryDirectory()
    authority = certify(directory)
    return config.replaceAll('"server.', `"${directory}/server.`)
  })
  const { health } = await startCoordinator('coordinator:of-coordinators', port, authority)
  await until(async () => (await health()) === 'ok', 'it leads')
  const stranger = await startCoordinator('coordinator:another', port, authority)
  expect(await stranger.program.exit).toBe(1)
  expect(stranger.program.output).toMatch(/LOG_SERVERS.*Authorization/i)
  expect(stranger.program.output).not.toContain('another')
  const distrustful = await startCoordinator('coordinator:of-coordinators', port, '')
  expect(await distrustful.program.exit).toBe(1)
  expect(distrustful.program.output).toMatch(/LOG_SERVERS.*certificate/i)
}, 60_000)

test('who may only look sees the log, and writes nothing', async () => {
  const { port } = await startServer(config => config.replace(/^tls .*$/m, ''))
  const options = { servers: [`127.0.0.1:${port}`], shard: 's', replicaCount: 1, logBytesMax: 2 ** 24 }
  const writer = await JetStreamLog.open({ ...options, user: 'coordinator', password: 'of-coordinators' })
  const viewer = await JetStreamLog.open({ ...options, user: 'viewer', password: 'of-viewers' })
  const publish = (log: JetStreamLog) =>
    new Promise<string>(resolve =>
      log.publish(
        { subject: 'epoch', bytes: new Uint8Array(1), epochSequence: 0, lastSequence: undefined },
        ({ kind }) => resolve(kind),
      ),
    )
  expect(await publish(viewer)).not.toBe('stored')
  expect(await publish(writer)).toBe('stored')
  await viewer.close()
  await writer.close()
}, 60_000)
