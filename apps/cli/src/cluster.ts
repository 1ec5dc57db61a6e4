import { randomUUID } from 'node:crypto'
import { Cluster, type ClusterAddresses, clusterHelp, parseClusterOptions } from '@rinha/local-cluster'
import { onStopSignals, StartProblem } from '@rinha/service'

/**
 * The `cluster` command: starts everything, says where it is, and stays until it is told to stop.
 *
 * The first SIGINT, SIGTERM or SIGHUP stops the processes in order; a second one kills them at once. Under `npm start` a
 * single Ctrl-C arrives twice, from the terminal and again from npm, a few milliseconds apart: the echo is not a second.
 *
 * Resolves with the exit code: 0 after an asked-for stop, 1 when it could not start or a process ended by itself, 2
 * for a wrong command line.
 */
export async function runCluster(argv: readonly string[]): Promise<number> {
  const options = parseClusterOptions(argv)
  if (!options.ok) {
    process.stderr.write(`${options.error}\nSee: cluster --help\n`)
    return 2
  }
  if (options.value === 'help') {
    process.stdout.write(clusterHelp)
    return 0
  }
  const cluster = new Cluster(options.value)
  let stopAsked = false
  const stop = () => {
    if (stopAsked) return
    stopAsked = true
    process.stdout.write('\nStopping …\n')
    cluster.stop()
  }
  const forgetSignals = onStopSignals(stop, () => cluster.kill())
  const forgetNpm = onNpmGone(stop)
  try {
    await cluster.start()
    process.stdout.write(banner(cluster.addresses))
    const how = await cluster.ended
    if (how === 'stopped') return 0
    process.stderr.write(`${how.broken}. Stopping everything.\n`)
    await cluster.stop()
    return 1
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error
    if (stopAsked) return 0
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    forgetSignals()
    forgetNpm()
  }
}

const parentLookMs = 500

/**
 * Calls `gone` when the npm that runs this process has been killed, of which no signal tells; returns how to stop
 * looking. Only under npm: a process that was started in the background by itself may outlive its shell.
 */
function onNpmGone(gone: () => void): () => void {
  if (process.env.npm_lifecycle_event === undefined) return () => {}
  const parentPid = process.ppid
  const looking = setInterval(() => {
    if (process.ppid !== parentPid) gone()
  }, parentLookMs)
  return () => clearInterval(looking)
}

/** Where everything is, with a line to try. */
export function banner(addresses: ClusterAddresses): string {
  const nodes = addresses.nodes.map((url, index) => `  api${index + 1} alone           ${url}`)
  return `The cluster serves.

  public               ${addresses.public}    (shared by the API processes)
${nodes.join('\n')}
  default processor    ${addresses.default}
  fallback processor   ${addresses.fallback}
  coordinator          ${addresses.admin}/queue-status

Try it:

  curl -i ${addresses.public}/payments -H 'content-type: application/json' \\
    -d '{"correlationId":"${randomUUID()}","amount":19.90}'
  curl ${addresses.public}/payments-summary

Ctrl-C stops everything.
`
}
