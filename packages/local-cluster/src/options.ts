import { parseArgs } from 'node:util'
import { err, ok, type Result } from '@rinha/base'

/** Where the cluster listens, and what its simulated processors charge. */
export interface ClusterOptions {
  /** The public port, shared by every API process. */
  readonly port: number
  /** One API process for each: the port at which that process alone answers. */
  readonly nodePorts: readonly number[]
  readonly defaultPort: number
  readonly fallbackPort: number
  /** Where the API processes reach the coordinator. */
  readonly channelPort: number
  /** The coordinator's own HTTP port. */
  readonly adminPort: number
  /** Parts of an amount: 0.05 is 5 %. */
  readonly defaultFeeRate: number
  readonly fallbackFeeRate: number
}

export const defaultOptions: ClusterOptions = {
  port: 9999,
  nodePorts: [9101, 9102],
  defaultPort: 8001,
  fallbackPort: 8002,
  channelPort: 9400,
  adminPort: 9090,
  defaultFeeRate: 0.05,
  fallbackFeeRate: 0.15,
}

/** Each API process is a process on this machine; more than this is a slip of the keyboard. */
const nodeCountMax = 16

export const clusterHelp = `Usage: cluster [options]

Starts the whole system on this machine: both simulated processors, the coordinator, and the API processes, which
share one public port. Ctrl-C stops everything.

  --port ${defaultOptions.port}             public port, shared by the API processes
  --node-ports ${defaultOptions.nodePorts.join(',')}  one API process for each, with its own port beside the public one
  --default-port ${defaultOptions.defaultPort}     the default processor
  --fallback-port ${defaultOptions.fallbackPort}    the fallback processor
  --channel-port ${defaultOptions.channelPort}     the coordinator's end of the channel
  --admin-port ${defaultOptions.adminPort}       the coordinator's own HTTP port
  --default-fee ${defaultOptions.defaultFeeRate}      the default processor's part of each amount
  --fallback-fee ${defaultOptions.fallbackFeeRate}     the fallback processor's
  --help                  this page

The processes inherit the environment, so their own settings can be given too: LOG_LEVEL=info, for example
(warn here by default). Each process prints its settings with: node dist/api.mjs --help
`

/** The options of a command line, `'help'`, or a line that says what is wrong with it. */
export function parseClusterOptions(argv: readonly string[]): Result<ClusterOptions | 'help', string> {
  let values: Record<string, string | boolean | undefined>
  try {
    const value = { type: 'string' } as const
    values = parseArgs({
      args: [...argv],
      options: {
        port: value,
        'node-ports': value,
        'default-port': value,
        'fallback-port': value,
        'channel-port': value,
        'admin-port': value,
        'default-fee': value,
        'fallback-fee': value,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
  if (values.help === true) return ok('help')
  const problems: string[] = []
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, allowed: string): T => {
    const text = values[name]
    const parsed = typeof text === 'string' ? parse(text) : fallback
    if (parsed === undefined) problems.push(`--${name} ${text} is not allowed: ${allowed}`)
    return parsed ?? fallback
  }
  const port = (name: string, fallback: number) => read(name, fallback, parsePort, 'a port from 1 to 65535')
  const fee = (name: string, fallback: number) => read(name, fallback, parseFee, 'a part of 1, such as 0.05')
  const options: ClusterOptions = {
    port: port('port', defaultOptions.port),
    nodePorts: read(
      'node-ports',
      defaultOptions.nodePorts,
      parsePorts,
      `1 to ${nodeCountMax} ports with commas between`,
    ),
    defaultPort: port('default-port', defaultOptions.defaultPort),
    fallbackPort: port('fallback-port', defaultOptions.fallbackPort),
    channelPort: port('channel-port', defaultOptions.channelPort),
    adminPort: port('admin-port', defaultOptions.adminPort),
    defaultFeeRate: fee('default-fee', defaultOptions.defaultFeeRate),
    fallbackFeeRate: fee('fallback-fee', defaultOptions.fallbackFeeRate),
  }
  const shared = sharedPort(options)
  if (shared !== undefined) problems.push(shared)
  return problems.length === 0 ? ok(options) : err(problems.join('\n'))
}

/** A port of the cluster, and the words that tell a user which one it is and how to move it. */
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
    { port: options.channelPort, purpose: "the coordinator's channel", option: '--channel-port' },
    { port: options.adminPort, purpose: "the coordinator's admin port", option: '--admin-port' },
  ]
}

export function nodeName(index: number): string {
  return `api${index + 1}`
}

function sharedPort(options: ClusterOptions): string | undefined {
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

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

function parsePorts(text: string): readonly number[] | undefined {
  const ports = text.split(',').map(part => parsePort(part.trim()))
  return ports.length <= nodeCountMax && ports.every(port => port !== undefined) ? ports : undefined
}

function parseFee(text: string): number | undefined {
  const feeRate = /^0?\.\d{1,4}$|^0$/.test(text) ? Number(text) : Number.NaN
  return feeRate >= 0 && feeRate < 1 ? feeRate : undefined
}
