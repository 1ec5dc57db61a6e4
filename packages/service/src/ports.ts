import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { StartProblem } from './run-service.ts'

/**
 * Why a port cannot be listened on, as the system's error code, or undefined where it can; it is free again when this
 * resolves. It is bound alone, without SO_REUSEPORT: with that option the system would also share it with a stranger's
 * process.
 */
export function portProblem(port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/**
 * Ports that are free now and stay free while nothing listens on them. A process that was killed must find its port free
 * when it returns, but the system could meanwhile use the port for an outgoing connection. So ports are taken from below
 * the range that the system uses for those.
 *
 * `rowCount`: each is the first of so many in a row that are free, for a process whose shard N listens on the first + N.
 */
export async function freePorts(count: number, rowCount = 1): Promise<readonly number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries === triesMax) throw new StartProblem(`no ${count} free ports were found`)
    const port = randomInt(portMin, lentFrom() - rowCount)
    const isApart = ports.every(other => Math.abs(other - port) >= rowCount)
    if (isApart && (await isFreeRow(port, rowCount))) ports.push(port)
  }
  return ports
}

async function isFreeRow(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port += 1)
    if ((await portProblem(port)) !== undefined) return false
  return true
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port ?? 0
}

const portMin = 10_000
const triesMax = 1000
/** Where the range begins on the systems that do not say: Linux's default is the lowest of the common ones. */
const lentFromDefault = 32_768

function lentFrom(): number {
  try {
    const first = Number(/^\d+/.exec(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'))?.[0])
    return first > portMin + triesMax ? first : lentFromDefault
  } catch {
    return lentFromDefault
  }
}
