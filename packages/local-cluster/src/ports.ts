import { portProblem } from '@rinha/service'
import type { NamedPort } from './options.ts'

/**
 * Looks whether each port is free, and answers a line for each that is not. The API processes share a port through
 * SO_REUSEPORT, and with that option the system would also share it with a stranger's process, which would then get
 * some of our connections without a word. So the port is first bound here, alone and without the option.
 */
export async function portProblems(ports: readonly NamedPort[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { port, purpose, option } of ports) {
    const code = await portProblem(port)
    if (code === undefined) continue
    const remedy = `choose another with ${option}`
    if (code === 'EADDRINUSE') {
      problems.push(`port ${port} (${purpose}) is taken: stop what listens there, or ${remedy}`)
    } else if (code === 'EACCES') {
      problems.push(`port ${port} (${purpose}) may not be used by this user: ${remedy}`)
    } else {
      problems.push(`port ${port} (${purpose}) cannot be used (${code}): ${remedy}`)
    }
  }
  return problems
}
