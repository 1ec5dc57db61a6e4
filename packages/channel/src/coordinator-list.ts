export interface HostAndPort {
  readonly host: string
  readonly port: number
}

const pattern = /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/

/**
 * Reads `host:port,host:port;host:port`: the candidates of each shard, shard by shard. `undefined`: the text is not of that
 * form, or an address occurs twice.
 */
export function parseCoordinators(list: string): readonly (readonly HostAndPort[])[] | undefined {
  if (list === '') return []
  const addresses = new Set<string>()
  const shards: HostAndPort[][] = []
  for (const candidates of list.split(';')) {
    const shard: HostAndPort[] = []
    for (const entry of candidates.split(',')) {
      const [address, host, digits] = pattern.exec(entry.trim()) ?? []
      const port = Number(digits)
      if (address === undefined || host === undefined || port < 1 || port > 65_535) return undefined
      if (addresses.has(address)) return undefined
      addresses.add(address)
      shard.push({ host, port })
    }
    shards.push(shard)
  }
  return shards
}

export function printCoordinators(shards: readonly (readonly HostAndPort[])[]): string {
  const print = ({ host, port }: HostAndPort) => `${host}:${port}`
  return shards.map(candidates => candidates.map(print).join(',')).join(';')
}
