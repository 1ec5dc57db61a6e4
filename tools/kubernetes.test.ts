import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { apiSchema } from '../apps/api/src/settings.ts'
import { coordinatorSchema } from '../apps/coordinator/src/settings.ts'
import { adminOperations } from '../packages/admin-api/src/index.ts'
import { publicOperations } from '../packages/public-api/src/index.ts'
import { type ContainerSpec, podsOf, readManifests } from './kubernetes.ts'

/**
 * The manifests of deploy/kubernetes fit together, and fit the programs. `e2e/kubernetes.test.ts` holds them to the schemas of
 * Kubernetes, and `deployed-settings.test.ts` the settings in them to those of the programs.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const directory = join(root, 'deploy/kubernetes')
const read = (name: string) => readFileSync(join(directory, name), 'utf8')
const manifests = readManifests(directory)
const { resources } = manifests
const pods = podsOf(manifests)
const containers = pods.flatMap(pod => pod.containers)
const page = readFileSync(join(root, 'docs/kubernetes.md'), 'utf8')

/** Every value under a key of this name, at any depth. */
function under(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...under(value, key),
  ])
}

test('kustomize applies every manifest that there is', () => {
  const manifests = readdirSync(directory).filter(name => name.endsWith('.yaml'))
  const { resources } = parse(read('kustomization.yaml')) as { readonly resources: readonly string[] }
  expect([...resources, 'kustomization.yaml', 'nats-values.yaml'].sort()).toEqual(manifests.sort())
})

test('no secret is in them, and the page says how each that they name is made', () => {
  expect(resources.filter(({ kind }) => kind === 'Secret')).toEqual([])
  const values = parse(read('nats-values.yaml'))
  const references = [...under([resources, values], 'secretKeyRef'), ...under(resources, 'secret')]
  const names = [
    ...references.flatMap(reference => [...under(reference, 'name'), ...under(reference, 'secretName')]),
    ...under(values, 'secretName'),
  ].filter(name => typeof name === 'string')
  expect(new Set(names)).toEqual(new Set(['channel', 'admin-tokens', 'nats-users', 'nats-tls', 'api-keys']))
  const made = new Map(
    [...page.matchAll(/create secret generic ([\w-]+) (.*)/g)].map(([, name, options = '']) => [
      name,
      [...options.matchAll(/--from-(?:file|literal)=([\w.-]+)/g)].map(([, key]) => key),
    ]),
  )
  expect(new Set(made.keys())).toEqual(new Set(names))
  for (const { name, key } of under([resources, values], 'secretKeyRef') as { name: string; key: string }[])
    expect(made.get(name)).toContain(key)
  // Files that are named by settings, and those that the chart expects.
  expect([made.get('admin-tokens'), made.get('api-keys')]).toEqual([['tokens'], ['keys']])
  expect(made.get('nats-tls')).toEqual(['tls.crt', 'tls.key', 'ca.crt'])
})

test('probes ask for what the programs answer, at ports that they have', () => {
  const operations = { coordinator: adminOperations, api: publicOperations }
  expect(containers.map(({ name }) => name)).toEqual(Object.keys(operations))
  for (const { name, ports, startupProbe, livenessProbe, readinessProbe } of containers) {
    const paths = Object.values(operations[name as keyof typeof operations]).map(({ path }) => path)
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      expect(paths).toContain(httpGet.path)
      expect(ports.map(({ name }) => name)).toContain(httpGet.port)
    }
  }
})

test('ports are those of the programs', () => {
  const port = (name: string, port: string) =>
    containers
      .find(container => container.name === name)
      ?.ports.find(({ name }: ContainerSpec['ports'][number]) => name === port)?.containerPort
  expect(port('coordinator', 'channel')).toBe(coordinatorSchema.CHANNEL_PORT.fallback)
  expect(port('coordinator', 'admin')).toBe(coordinatorSchema.ADMIN_PORT.fallback)
  expect(port('api', 'http')).toBe(apiSchema.PORT.fallback)
  const all = containers.flatMap(({ ports }) => ports)
  const served = resources
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ spec }) => under(spec, 'targetPort'))
  expect(served).toEqual(['channel', 'admin', 'http'])
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(served))
  // DNS, the processors, and the ports of NATS by its chart.
  const known = [...all.map(({ containerPort }) => containerPort), 53, 8080, 4222, 6222, 8222]
  const allowed = resources
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => under(spec, 'port'))
  expect(new Set(allowed)).toEqual(new Set(known))
})

test('selectors choose pods that there are', () => {
  const labels = resources.flatMap(({ spec }) => spec?.template?.metadata.labels ?? [])
  const names = [...labels.map(labels => labels['app.kubernetes.io/name']), 'nats']
  expect(names).toEqual(['coordinator', 'api', 'nats'])
  const selected = under(resources, 'app.kubernetes.io/name')
  expect(selected.length).toBeGreaterThan(15)
  expect(selected.filter(name => !names.includes(name))).toEqual([])
})

test('no container is root, can become it, or writes to its file system', () => {
  for (const { securityContext, containers } of pods) {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    for (const { securityContext } of containers)
      expect(securityContext).toEqual({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      })
  }
})

test('every pod is closed to all, and opened by a policy of its own', () => {
  const policies = resources.filter(({ kind }) => kind === 'NetworkPolicy')
  const [nothing] = policies
  expect(nothing?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  const own = policies.flatMap(({ spec }) => under(spec.podSelector, 'app.kubernetes.io/name'))
  expect(own).toEqual(['api', 'coordinator', 'nats'])
})

test('a pod has the time that its stop takes', () => {
  // A process ends 10 s after it was told to, whatever it waits for; DRAIN_MS_MAX is less.
  const stopSecondsMax = 10
  for (const { containers, terminationGracePeriodSeconds } of pods)
    for (const { lifecycle } of containers) {
      const beforeSeconds = lifecycle?.preStop.sleep.seconds ?? 0
      expect(terminationGracePeriodSeconds).toBeGreaterThan(beforeSeconds + stopSecondsMax)
    }
})

test('no pod is told of Services by variables: COORDINATOR_PORT is a setting', () => {
  expect(pods.map(pod => pod.enableServiceLinks)).toEqual([false, false])
})

test('the log in the values of its chart is that of deploy/nats.conf', () => {
  const { config } = parse(read('nats-values.yaml'))
  expect(config).toMatchObject({
    cluster: { enabled: true },
    jetstream: { merge: { sync_interval: 'always' } },
  })
  const listed = [
    ...readFileSync(join(root, 'deploy/nats.conf'), 'utf8').matchAll(/(?:publish|subscribe): (\[.*?\])/g),
  ]
  const users: readonly { readonly permissions: unknown }[] = config.merge.authorization.users
  expect(users.flatMap(({ permissions }) => Object.values(permissions as object))).toEqual(
    listed.map(([, list = '']) => JSON.parse(list)),
  )
  const servers = /value: "(tls:.*)"/.exec(read('coordinator.yaml'))?.[1]?.split(',') ?? []
  const hosts = servers.map(url => url.replace(/^.*[/@]|:\d+$/g, ''))
  expect(hosts).toEqual([0, 1, 2].map(ordinal => `nats-${ordinal}.nats-headless`))
  expect(hosts).toHaveLength(config.cluster.replicas)
})
