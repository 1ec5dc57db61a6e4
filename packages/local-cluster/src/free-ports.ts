import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { portProblems } from './ports.ts'
import { ClusterProblem } from './problem.ts'

/**
 * Ports that are free now and stay so while nothing listens on them. A process that was killed comes back to its port, and in
 * between the system could lend that port to an outgoing connection. So they are taken from below the range that it
 * lends from.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries === triesMax) throw new ClusterProblem(`no ${count} free ports were found`)
    const port = randomInt(portMin, lentFrom())
    const problems = await portProblems([{ port, purpose: 'a port by chance', option: '' }])
    if (problems.length === 0) ports.add(port)
  }
  return [...ports]
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
