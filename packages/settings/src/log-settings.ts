import { integer, type Setting, setting, text } from './settings.ts'

export interface LogServers {
  /** host:port of each. */
  readonly addresses: readonly string[]
  readonly user: string | undefined
  readonly password: string | undefined
  readonly needsTls: boolean
}

const serverCountMax = 9

/**
 * Reads `nats://user:password@a:4222,nats://b:4222`. User and password stand with the first server, and hold for all. `tls://`
 * holds for all or none. `undefined`: the text is not of that form.
 */
export function parseLogServers(list: string): LogServers | undefined {
  const urls = list.split(',').map(entry => entry.trim())
  if (urls.length > serverCountMax || !urls.every(isServer)) return undefined
  const read = urls.map(url => new URL(url))
  const [first] = read
  if (first === undefined || !read.every(({ protocol }) => protocol === first.protocol)) return undefined
  if (read.slice(1).some(({ username, password }) => username !== '' || password !== '')) return undefined
  const addresses = read.map(({ hostname, port }) => `${hostname}:${port || 4222}`)
  if (new Set(addresses).size < addresses.length) return undefined
  const isKnown = first.username !== ''
  return {
    addresses,
    user: isKnown ? decodeURIComponent(first.username) : undefined,
    password: isKnown ? decodeURIComponent(first.password) : undefined,
    needsTls: first.protocol === 'tls:',
  }
}

function isServer(url: string): boolean {
  return /^(nats|tls):\/\/[^/?#\s]+\/?$/.test(url) && URL.canParse(url) && new URL(url).hostname !== ''
}

function logServers(): Setting<LogServers | null> {
  return setting<LogServers | null>({
    fallback: null,
    valueName: 'LIST',
    secret: true,
    allowed: `up to ${serverCountMax} addresses nats://host:port or tls://host:port with commas between, each once; user:password@ only in the first`,
    parse: text => (text === '' ? null : parseLogServers(text)),
    print: () => '',
    help: 'The servers of a replicated log (NATS with JetStream, sync_interval: always) that keeps the journal: three, so that one may die. Coordinators with the same servers and LOG_NAME are one leader and its standbys. NODE_EXTRA_CA_CERTS names the authority of tls://. Empty: no such log.',
  })
}

/** Where a replicated log is. Coordinators have these, and what is done to a log while none runs. */
export const logSettings = {
  LOG_SERVERS: logServers(),
  LOG_NAME: text({
    fallback: 'payments',
    pattern: /^[A-Za-z0-9_-]{1,32}$/,
    allowed: '1 to 32 letters, digits, hyphens and underscores',
    help: 'The name of the replicated log. Coordinators of one cluster have the same, and those of different clusters on the same servers different ones.',
  }),
  LOG_CREDENTIALS_FILE: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a file, or nothing',
    help: 'A credentials file of NATS for LOG_SERVERS: a JWT and its seed, or the seed of an nkey alone. Empty: none.',
  }),
  LOG_BYTES_MAX: integer({
    fallback: 1024 * 1024 * 1024,
    min: 16 * 1024 * 1024,
    max: 1024 * 1024 * 1024 * 1024,
    help: 'The most bytes of the replicated log on each server; its snapshots may take as many again, and each 16 MiB more. Used when the log is made.',
  }),
}
