import { at, isFields, listAt, type Node, servicesOf } from './compose-file.ts'
import { mountsOf, networksOf, publishedPortsOf } from './compose-syntax.ts'
import { resourceProblems } from './resources.ts'

const publicPort = 9999
const processorNetwork = 'payment-processor'
const webInstanceCountMin = 2

/**
 * What a compose file, as {@link readCompose} gives it, breaks of the challenge's deployment rules and of our own on
 * security: a line for each, naming the service and the field to change.
 */
export function composeProblems(compose: Node): readonly string[] {
  const services = servicesOf(compose)
  if (services.length === 0) return ['services: there is none']
  return [
    ...services.flatMap(([name, service]) => serviceProblems(service).map(words => `${name}: ${words}`)),
    ...resourceProblems(compose),
    ...balancingProblems(compose),
    ...networkProblems(compose),
  ]
}

/** The same for a file to hand in, which cannot build: there are no sources beside it. */
export function submissionProblems(compose: Node): readonly string[] {
  const building = servicesOf(compose).filter(([, service]) => at(service, 'build') !== undefined)
  return [
    ...composeProblems(compose),
    ...building.map(([name]) => `${name}: build is set: only image may be, from a public registry`),
  ]
}

function serviceProblems(service: Node): readonly string[] {
  const isOption = (name: string, wanted: string) => listAt(service, name).includes(wanted)
  const wrong: readonly (readonly [isWrong: boolean, words: string])[] = [
    [typeof at(service, 'image') !== 'string', 'image is missing'],
    [at(service, 'platform') !== 'linux/amd64', 'platform must be linux/amd64'],
    [
      ![undefined, 'bridge'].includes(at(service, 'network_mode') as string | undefined),
      `network_mode ${String(at(service, 'network_mode'))} is not allowed: bridge networks only`,
    ],
    [at(service, 'privileged') === true, 'privileged is not allowed'],
    [at(service, 'deploy', 'replicas') !== undefined, 'deploy.replicas is not allowed: name each instance'],
    [at(service, 'scale') !== undefined, 'scale is not allowed: name each instance'],
    [at(service, 'read_only') !== true, 'read_only must be true'],
    [!isOption('cap_drop', 'ALL'), 'cap_drop must be [ALL]'],
    [!isOption('security_opt', 'no-new-privileges:true'), 'security_opt must have no-new-privileges:true'],
  ]
  return [...wrong.filter(([isWrong]) => isWrong).map(([, words]) => words), ...mountProblems(service)]
}

function mountProblems(service: Node): readonly string[] {
  return mountsOf(service).flatMap(({ source, isBind, isReadOnly }) => {
    if (!isBind) return []
    const isConfiguration = /^\.\/[\w.-]+\.(cfg|conf|json|toml|ya?ml)$/.test(source)
    if (!isConfiguration)
      return [`volumes: ${source} is mounted: only configuration files beside the compose file may be`]
    return isReadOnly ? [] : [`volumes: ${source} is mounted for writing: add :ro`]
  })
}

/** Port 9999 leads to one service, and behind it are at least two with one image: the web instances. */
function balancingProblems(compose: Node): readonly string[] {
  const services = servicesOf(compose)
  const publishing = services.filter(([, service]) => publishedPortsOf(service).includes(publicPort))
  const [balancer, second] = publishing
  if (balancer === undefined) return [`port ${publicPort} is not published by any service, to all addresses`]
  if (second !== undefined) {
    const names = publishing.map(([name]) => name).join(', ')
    return [`port ${publicPort} is published more than once: ${names}`]
  }
  const [balancerName, balancerService] = balancer
  const reachable = new Set(networksOf(balancerService))
  const behind = services.filter(
    ([name, service]) => name !== balancerName && networksOf(service).some(network => reachable.has(network)),
  )
  const counts = behind.map(
    ([, service]) => behind.filter(([, other]) => at(other, 'image') === at(service, 'image')).length,
  )
  const instanceCount = Math.max(0, ...counts)
  if (instanceCount >= webInstanceCountMin) return []
  return [
    `${balancerName}: behind port ${publicPort} must be at least ${webInstanceCountMin} services with one image, ` +
      `in a network with it; there ${instanceCount === 1 ? 'is 1' : `are ${instanceCount}`}`,
  ]
}

function networkProblems(compose: Node): readonly string[] {
  const networks = at(compose, 'networks')
  const declared = isFields(networks) ? Object.entries(networks) : []
  const problems = declared
    .filter(([, network]) => !['bridge', undefined].includes(at(network, 'driver') as string | undefined))
    .map(
      ([name, network]) =>
        `networks: ${name} has the driver ${String(at(network, 'driver'))}: only bridge may be`,
    )
  const [key] = declared.find(([name, network]) => (at(network, 'name') ?? name) === processorNetwork) ?? []
  if (key === undefined || at(networks, key, 'external') !== true) {
    return [...problems, `networks: ${processorNetwork} must be declared with external: true`]
  }
  const isUsed = servicesOf(compose).some(([, service]) => networksOf(service).includes(key))
  return isUsed ? problems : [...problems, `networks: no service is in ${processorNetwork}`]
}
