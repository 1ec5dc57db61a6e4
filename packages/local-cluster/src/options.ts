/** The ports of the cluster, and the fees of its simulated processors. */
export interface ClusterOptions {
  /** Where the API processes and the processors listen; the coordinator is for this machine alone. */
  readonly host: string
  /** The public port, shared by every API process. */
  readonly port: number
  /** One API process for each: the port at which that process alone answers. */
  readonly nodePorts: readonly number[]
  readonly defaultPort: number
  readonly fallbackPort: number
  /** Among how many coordinators payments are divided. One process has them all. */
  readonly shards: number
  /** The port of the coordinator that API processes connect to; that of shard N is N higher. */
  readonly channelPort: number
  /** The coordinator's own HTTP port; that of shard N is N higher. */
  readonly adminPort: number
  /** Basis points of an amount: 500 is 5 %. */
  readonly defaultFeeBps: number
  readonly fallbackFeeBps: number
}

export const defaultOptions: ClusterOptions = {
  host: '127.0.0.1',
  port: 9999,
  nodePorts: [9101, 9102],
  defaultPort: 8001,
  fallbackPort: 8002,
  shards: 1,
  channelPort: 9400,
  adminPort: 9090,
  defaultFeeBps: 500,
  fallbackFeeBps: 1500,
}

/** How many ports {@link clusterAt} takes. */
export const clusterPortCount = 7

/** A cluster of two API nodes at these ports. */
export function clusterAt(ports: readonly number[]): ClusterOptions {
  const [port = 0, node1 = 0, node2 = 0, defaultPort = 0, fallbackPort = 0, channelPort = 0, adminPort = 0] =
    ports
  return {
    ...defaultOptions,
    ...{ port, nodePorts: [node1, node2], defaultPort, fallbackPort, channelPort, adminPort },
  }
}

/** A port of the cluster, with the words that tell a user which one it is and how to change it. */
export interface NamedPort {
  readonly port: number
  readonly purpose: string
  readonly option: string
}

export function namedPorts(options: ClusterOptions): readonly NamedPort[] {
  return [
    { port: options.port, purpose: 'the public port', option: '--port' },
    ...options.nodePorts.map((port, index) => ({
      port,
      purpose: `the own port of ${nodeName(index)}`,
      option: '--node-ports',
    })),
    { port: options.defaultPort, purpose: 'the default processor', option: '--default-port' },
    { port: options.fallbackPort, purpose: 'the fallback processor', option: '--fallback-port' },
    ...shardPorts(options, 'channelPort').map((port, index) => ({
      port,
      purpose: `${ownerOf(options, index)} channel`,
      option: '--channel-port',
    })),
    ...shardPorts(options, 'adminPort').map((port, index) => ({
      port,
      purpose: `${ownerOf(options, index)} admin port`,
      option: '--admin-port',
    })),
  ]
}

/** The port of each shard. */
export function shardPorts(
  { shards, ...options }: ClusterOptions,
  which: 'channelPort' | 'adminPort',
): readonly number[] {
  return Array.from({ length: shards }, (_, index) => options[which] + index)
}

function ownerOf({ shards }: ClusterOptions, index: number): string {
  return shards === 1 ? "the coordinator's" : `shard ${index}'s`
}

export function nodeName(index: number): string {
  return `api${index + 1}`
}

/** The problem if two have the same port. */
export function sharedPort(options: ClusterOptions): string | undefined {
  const seen = new Map<number, NamedPort>()
  for (const named of namedPorts(options)) {
    const other = seen.get(named.port)
    if (other !== undefined) {
      return `port ${named.port} is given twice, to ${other.purpose} (${other.option}) and ${named.purpose} (${named.option})`
    }
    seen.set(named.port, named)
  }
  return undefined
}
