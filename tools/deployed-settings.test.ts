import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { settingsProblem as apiProblem, apiSchema } from '../apps/api/src/settings.ts'
import { settingsProblem as coordinatorProblem, coordinatorSchema } from '../apps/coordinator/src/settings.ts'
import { readCompose } from '../apps/judge/src/submission/compose-file.ts'
import { twinSchema } from '../apps/processor-twin/src/settings.ts'
import { parseSettings, type Schema, type Settings } from '../packages/settings/src/index.ts'
import { type Container, containersOf, type Environment, readManifests } from './kubernetes.ts'

/** What compose files and the manifests for Kubernetes set, the programs know and allow. */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Variables that are not settings: Node's own, those of health checks, and those of which others are made. */
const others = 'NODE_OPTIONS NODE_EXTRA_CA_CERTS HEALTH_HOST HEALTH_PORT HEALTH_PATH POD_NAME NATS_PASSWORD'

interface App<S extends Schema> {
  readonly schema: S
  readonly problem: (settings: Settings<S>) => string | undefined
}
const app = <S extends Schema>(schema: S, problem: App<S>['problem'] = () => undefined) => {
  return (environment: Environment): readonly string[] => {
    const known = [...Object.keys(schema), 'LOG_LEVEL', ...others.split(' ')]
    const unknown = Object.keys(environment).filter(name => !known.includes(name))
    const parsed = parseSettings(schema, environment)
    const together = parsed.ok ? problem(parsed.value) : undefined
    return [
      ...unknown.map(name => `${name} is no setting`),
      ...(parsed.ok ? [] : parsed.error),
      ...(together === undefined ? [] : [together]),
    ]
  }
}
const apps = {
  'payment-cluster-api': app(apiSchema, apiProblem),
  'payment-cluster-coordinator': app(coordinatorSchema, coordinatorProblem),
  'payment-cluster-coordinator-archive': app(coordinatorSchema, coordinatorProblem),
  'payment-cluster-twin': app(twinSchema),
}
const problemsOf = ({ image, environment }: Container) => {
  const check = Object.hasOwn(apps, image) ? apps[image as keyof typeof apps] : undefined
  return check?.(environment) ?? [`nobody knows the image ${image}`]
}

interface Service {
  readonly image?: string
  readonly extends?: { readonly service: string }
  readonly environment?: Readonly<Record<string, unknown>>
}

/** The services of compose files, of which a later one adds to an earlier one. */
function servicesOf(...names: readonly string[]): readonly [string, Container][] {
  const services = new Map<string, Container>()
  for (const name of names) {
    const compose = readCompose(read(name))
    if (!compose.ok) throw new Error(`${name}: ${compose.error}`)
    for (const [key, service] of Object.entries(compose.value.services as Record<string, Service>)) {
      const before = services.get(service.extends?.service ?? key)
      const given = Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)])
      services.set(key, {
        image: service.image?.replace(/:.*$/, '') ?? before?.image ?? '',
        environment: { ...before?.environment, ...Object.fromEntries(given) },
      })
    }
  }
  return [...services].filter(([, { image }]) => image.startsWith('payment-cluster'))
}

describe('compose files', () => {
  const deployment = 'docker-compose.yml'
  test.each([
    [[deployment]],
    [['docker-compose.processors.yml']],
    [[deployment, 'docker-compose.journal.yml']],
    [[deployment, 'docker-compose.cluster.yml']],
  ])('%j set what the programs know and allow', names => {
    const services = servicesOf(...names)
    expect(services.length).toBeGreaterThan(1)
    for (const [name, service] of services) expect([name, problemsOf(service)]).toEqual([name, []])
  })

  test('are all in the list above', () => {
    expect(readdirSync(root).filter(name => name.endsWith('.yml'))).toHaveLength(4)
  })
})

describe('the manifests for Kubernetes', () => {
  const containers = containersOf(readManifests(join(root, 'deploy/kubernetes')))
  const named = (image: string) => {
    const found = containers.find(container => container.image === image)
    if (found === undefined) throw new Error(`there is no ${image}`)
    return found
  }
  const coordinator = named('payment-cluster-coordinator-archive')
  const api = named('payment-cluster-api')

  test('set what the programs know and allow', () => {
    expect(containers.map(container => [container.image, problemsOf(container)])).toEqual([
      [coordinator.image, []],
      [api.image, []],
    ])
  })

  test.each([
    ['JOURNAL_DRI', '/journal', /JOURNAL_DRI is no setting/],
    ['DRAIN_MS_MAX', '30000', /DRAIN_MS_MAX="30000" is not allowed/],
    ['JOURNAL_DIR', '/journal', /LOG_SERVERS and JOURNAL_DIR/],
    ['CHANNEL_ADDRESS', 'coordinator-0.coordinator', /CHANNEL_ADDRESS/],
  ])('would be refused with %s=%s', (name, value, words) => {
    const environment = { ...coordinator.environment, [name]: value }
    expect(problemsOf({ ...coordinator, environment }).join()).toMatch(words)
  })

  test('give nodes the addresses that coordinators have', () => {
    const { CHANNEL_ADDRESS: address = '', ADMIN_NAMES } = coordinator.environment
    expect(address).toBe('coordinator-0.coordinator:9400')
    const addresses = [0, 1].map(ordinal => address.replace('-0.', `-${ordinal}.`))
    expect(api.environment.COORDINATORS).toBe(addresses.join())
    const names = addresses.map(address => address.replace(/:.*/, ''))
    expect(ADMIN_NAMES).toBe(names.join())
  })
})
