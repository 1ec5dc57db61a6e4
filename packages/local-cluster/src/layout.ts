import type { ProcessPlan } from '@rinha/service'
import { type ClusterOptions, nodeName, shardPorts } from './options.ts'

/**
 * Which processes make up the cluster and what each is told, as data: nothing here starts anything.
 *
 * A stage starts when the one before it serves, and stops before it does: API nodes hand on what they hold to a
 * coordinator that still runs, and the coordinator finishes its attempts at processors that still answer.
 * `channelSecret` is what an API node must know to be let in, `adminAccess` the settings that say who may use the admin port.
 */
export function planCluster(
  options: ClusterOptions,
  channelSecret: string,
  adminAccess: Readonly<Record<string, string>> = {},
): readonly (readonly ProcessPlan[])[] {
  const twin = (name: string, port: number, feeBps: number): ProcessPlan => ({
    name: `processor-${name}`,
    bundle: 'processor-twin.mjs',
    environment: {
      HTTP_HOST: options.host,
      PORT: `${port}`,
      PROCESSOR_NAME: name,
      FEE: `${feeBps / 10_000}`,
      TOKEN: twinToken,
    },
  })
  const coordinator: ProcessPlan = {
    name: 'coordinator',
    bundle: 'coordinator.mjs',
    environment: {
      CHANNEL_HOST: '127.0.0.1',
      CHANNEL_PORT: `${options.channelPort}`,
      CHANNEL_SECRET: channelSecret,
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: `${options.adminPort}`,
      ...adminAccess,
      PURGE_ALLOWED: 'true',
      PROCESSOR_ADMIN_TOKENS: `default=${twinToken},fallback=${twinToken}`,
      ...(options.shards > 1 && { SHARDS: `${options.shards}` }),
      PROCESSORS: [
        `default=${urlAt(options, options.defaultPort)}@${options.defaultFeeBps / 10_000}`,
        `fallback=${urlAt(options, options.fallbackPort)}@${options.fallbackFeeBps / 10_000}`,
      ].join(','),
    },
  }
  const api = (nodePort: number, index: number): ProcessPlan => ({
    name: nodeName(index),
    bundle: 'api.mjs',
    environment: {
      HTTP_HOST: options.host,
      PORT: `${options.port}`,
      NODE_PORT: `${nodePort}`,
      NODE_NAME: nodeName(index),
      ...whereCoordinatorsAre(options),
      CHANNEL_SECRET: channelSecret,
      METRICS_PORT: '0',
    },
  })
  return [
    [
      twin('default', options.defaultPort, options.defaultFeeBps),
      twin('fallback', options.fallbackPort, options.fallbackFeeBps),
    ],
    [coordinator],
    options.nodePorts.map(api),
  ]
}

function whereCoordinatorsAre(options: ClusterOptions): Readonly<Record<string, string>> {
  if (options.shards === 1)
    return { COORDINATOR_HOST: '127.0.0.1', COORDINATOR_PORT: `${options.channelPort}` }
  const addresses = shardPorts(options, 'channelPort').map(port => `127.0.0.1:${port}`)
  return { SHARDS: `${options.shards}`, COORDINATORS: addresses.join(';') }
}

/** The token of the processors' admin endpoints. The real processors start with the same. */
const twinToken = '123'

/** The addresses of the cluster. */
export interface ClusterAddresses {
  readonly public: string
  readonly nodes: readonly string[]
  readonly default: string
  readonly fallback: string
  /** Of shard 0, where there are several. */
  readonly admin: string
  /** One for each shard. */
  readonly admins: readonly string[]
}

export function clusterAddresses(options: ClusterOptions): ClusterAddresses {
  const at = (port: number) => urlAt(options, port)
  return {
    public: at(options.port),
    nodes: options.nodePorts.map(at),
    default: at(options.defaultPort),
    fallback: at(options.fallbackPort),
    admin: `http://localhost:${options.adminPort}`,
    admins: shardPorts(options, 'adminPort').map(port => `http://localhost:${port}`),
  }
}

function urlAt({ host }: ClusterOptions, port: number): string {
  return `http://${['127.0.0.1', '0.0.0.0'].includes(host) ? 'localhost' : host}:${port}`
}
