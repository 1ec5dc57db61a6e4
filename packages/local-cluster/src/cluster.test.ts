import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePorts, StartProblem } from '@rinha/service'
import { listen, temporaryDirectory, until } from '@rinha/testing'
import { expect, test } from 'vitest'
import { foundAdminToken } from './admin-token.ts'
import { Cluster } from './cluster.ts'
import { clusterAt, clusterPortCount } from './options.ts'

/** Stands in for the bundles: each program says its name, serves, and stops on request. */
function programs(): string {
  const directory = temporaryDirectory()
  const program = `
    const { NODE_NAME, PROCESSOR_NAME, PORT } = process.env
    process.on('SIGTERM', () => { console.log('stops'); process.exit(0) })
    process.on('disconnect', () => process.exit(1))
    console.log(NODE_NAME ?? PROCESSOR_NAME ?? 'coordinator', 'at', PORT)
    process.send({ kind: 'ready', name: 'example', addresses: {} })`
  for (const bundle of ['processor-twin', 'coordinator', 'api'])
    writeFileSync(join(directory, `${bundle}.mjs`), program)
  return directory
}

const freePlaces = async () => clusterAt(await freePorts(clusterPortCount))

test('the processes start stage by stage, each at its port, and stop the other way round', async () => {
  const where = await freePlaces()
  const lines: string[] = []
  const onLine = (name: string, line: string) => lines.push(`${name}: ${line}`)
  const cluster = new Cluster({ ...where, bundleDirectory: programs(), onLine })
  await cluster.start()
  await until(() => lines.length === 5, 'every process has said where it is')
  expect(lines.slice(0, 2).toSorted()).toEqual([
    `processor-default: default at ${where.defaultPort}`,
    `processor-fallback: fallback at ${where.fallbackPort}`,
  ])
  expect(lines[2]).toMatch(/^coordinator: coordinator/)
  expect(lines.slice(3).toSorted()).toEqual([`api1: api1 at ${where.port}`, `api2: api2 at ${where.port}`])
  expect(cluster.addresses).toMatchObject({
    public: `http://localhost:${where.port}`,
    nodes: where.nodePorts.map(port => `http://localhost:${port}`),
  })
  expect(foundAdminToken(where.adminPort)).toBe(cluster.adminToken?.token)
  await cluster.stop()
  expect(await cluster.ended).toBe('stopped')
  expect(foundAdminToken(where.adminPort)).toBeUndefined()
  const stopped = lines.slice(5).map(line => line.split(':')[0])
  expect([stopped.slice(0, 2).toSorted(), stopped[2], stopped.slice(3).toSorted()]).toEqual([
    ['api1', 'api2'],
    'coordinator',
    ['processor-default', 'processor-fallback'],
  ])
})

test('when ports are taken no process is started, and each port is named', async () => {
  const where = await freePlaces()
  const [first, second] = [await listen(createServer(), '0.0.0.0'), await listen(createServer(), '0.0.0.0')]
  const cluster = new Cluster({
    ...where,
    adminPort: first,
    channelPort: second,
    bundleDirectory: programs(),
  })
  const started = cluster.start()
  await expect(started).rejects.toThrow(StartProblem)
  await expect(started).rejects.toThrow(new RegExp(`${second}.*--channel-port\n.*${first}.*--admin-port`))
  expect(cluster.child('processor-default')).toBeUndefined()
})
