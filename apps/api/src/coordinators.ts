interface HostAndPort {
  readonly host: string
  readonly port: number
}

const pattern = /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/

/** Reads `host:port,host:port`. `undefined`: the text is not of that form, or an address occurs twice. */
export function parseCoordinators(list: string): readonly HostAndPort[] | undefined {
  if (list === '') return []
  const found: HostAndPort[] = []
  for (const entry of list.split(',')) {
    const [, host, digits] = pattern.exec(entry.trim()) ?? []
    const port = Number(digits)
    if (host === undefined || port < 1 || port > 65_535) return undefined
    if (found.some(other => other.host === host && other.port === port)) return undefined
    found.push({ host, port })
  }
  return found
}

export function printCoordinators(coordinators: readonly HostAndPort[]): string {
  return coordinators.map(({ host, port }) => `${host}:${port}`).join(',')
}
