import { randomUUID } from 'node:crypto'
import { Cluster, type ClusterAddresses, defaultOptions, sharedPort } from '@rinha/local-cluster'
import { shardCountMax } from '@rinha/payment'
import {
  type Command,
  canWriteOver,
  command,
  LineWriter,
  LiveLine,
  markTextLine,
  type Output,
  onStopSignals,
  readableLine,
  StartProblem,
  UsageProblem,
} from '@rinha/service'
import { basisPoints, integer, type Settings, setting, text } from '@rinha/settings'
import { showStatus } from './live-status.ts'

/** Each API process is a process on this machine; more than this is a slip of the keyboard. */
const nodeCountMax = 16

const port = (name: 'port' | 'defaultPort' | 'fallbackPort' | 'channelPort' | 'adminPort', help: string) =>
  integer({ fallback: defaultOptions[name], min: 1, max: 65_535, help })

const options = {
  host: text({
    fallback: defaultOptions.host,
    help: 'the address that the API processes and the processors listen on; 0.0.0.0 is every address of this machine',
  }),
  port: port('port', 'the public port, which the API processes share'),
  nodePorts: setting({
    fallback: defaultOptions.nodePorts,
    help: 'starts one API process for each of these ports; the process listens there and on the public port',
    valueName: 'N,N',
    allowed: `1 to ${nodeCountMax} ports with commas between`,
    parse: parsePorts,
  }),
  defaultPort: port('defaultPort', 'the port of the default processor'),
  fallbackPort: port('fallbackPort', 'the port of the fallback processor'),
  shards: integer({
    fallback: defaultOptions.shards,
    min: 1,
    max: shardCountMax,
    help: 'divides payments among so many coordinators in one process; the ports of shard N are N higher than the two below',
  }),
  channelPort: port('channelPort', 'the port of the coordinator that API processes connect to'),
  adminPort: port('adminPort', "the port of the operator's page and of the admin API"),
  defaultFee: basisPoints({
    fallback: defaultOptions.defaultFeeBps,
    help: 'the fee of the default processor, as a part of each amount',
  }),
  fallbackFee: basisPoints({
    fallback: defaultOptions.fallbackFeeBps,
    help: 'the fee of the fallback processor, as a part of each amount',
  }),
}

function parsePorts(text: string): readonly number[] | undefined {
  const own = integer({ min: 1, max: 65_535, help: '' })
  const ports = text.split(',').map(part => own.parse(part.trim()))
  return ports.length <= nodeCountMax && ports.every(each => each !== undefined) ? ports : undefined
}

/**
 * Starts everything, says where it is, and stays until it is told to stop. A process that dies is started again.
 *
 * The first SIGINT, SIGTERM or SIGHUP stops the processes in order; a second one hurries them, a third kills them at
 * once. Under `npm start` a single Ctrl-C arrives twice, from the terminal and again from npm, a few milliseconds
 * apart. Both count as one signal.
 */
export const cluster: Command<Settings<typeof options>> = command({
  name: 'cluster',
  summary: 'start the whole system on this machine, until Ctrl-C',
  typed: 'npm start --',
  about: `Starts the whole system on this machine: both simulated processors, the coordinator, and the API processes, which
share one public port. Ctrl-C stops everything.`,
  options,
  // A terminal that is stuck or gone must not stop the processes' keeper.
  output: { stdout: new LineWriter(1, markTextLine), stderr: new LineWriter(2, markTextLine) },
  notes: `The processes inherit the environment, so you can also set their own settings there. Example: LOG_LEVEL=info npm start
(the level is warn here by default). Each process prints its settings with --help: node dist/api.mjs --help

A process that dies is started again, after a pause that grows from 0.25 s. If it dies for the fifth time within 60 s, or
refuses to start, everything is stopped. The last lines then say which process it was, how it ended, and what it wrote.

On a terminal, the last line shows the state of the cluster each second (npm run status shows more), and log lines are
formatted for reading. Elsewhere there is no such line, and log lines are JSON.

Exit code: 0 it was stopped on request; 1 it could not start, or a process kept dying; 2 a wrong option.`,
  work: async ({ defaultFee, fallbackFee, ...ports }, output) => {
    const where = { ...ports, defaultFeeBps: defaultFee, fallbackFeeBps: fallbackFee }
    const overridden = overriddenVariable(process.env)
    if (overridden !== undefined) throw new UsageProblem(overridden)
    const shared = sharedPort(where)
    if (shared !== undefined) throw new UsageProblem(shared)
    const terminal = [output.stderr, output.stdout].find(stream => canWriteOver(stream))
    const live = terminal && new LiveLine(terminal)
    const above = (stream: Output['stderr']) => (stream.isTTY && live) || stream
    const [stdout, stderr] = [above(output.stdout), above(output.stderr)]
    const written = output.stderr.isTTY ? readableLine : (line: string) => line
    const says = {
      onLine: (name: string, line: string) => stderr.write(`${name} | ${written(line)}\n`),
      onRestart: (line: string) => stderr.write(`${line}\n`),
    }
    return serve(new Cluster({ ...where, ...says }), { stdout, stderr }, live)
  },
})

const byHand =
  'for another value, start the processes by hand (node dist/coordinator.mjs --help, dist/api.mjs, dist/processor-twin.mjs)'

/** What the cluster tells its processes itself. A variable would have no effect. */
const ownVariables: Readonly<Record<string, string>> = {
  PROCESSORS: `--default-port, --fallback-port, --default-fee and --fallback-fee set it; ${byHand}`,
  PORT: '--port sets it',
  NODE_PORT: '--node-ports sets it',
  HTTP_HOST: '--host sets it',
  CHANNEL_PORT: '--channel-port sets it',
  COORDINATOR_PORT: '--channel-port sets it',
  COORDINATORS: byHand,
  SHARDS: '--shards sets it',
  SHARD: byHand,
  ADMIN_PORT: '--admin-port sets it',
  PROCESSOR_ADMIN_TOKENS: byHand,
  PURGE_ALLOWED: byHand,
  CHANNEL_SECRET: byHand,
  METRICS_PORT: `each API process needs one of its own; ${byHand}`,
}

/** The problem with a variable that would be overridden, or undefined. */
export function overriddenVariable(environment: NodeJS.ProcessEnv): string | undefined {
  const name = Object.keys(ownVariables).find(each => environment[each] !== undefined)
  return name && `the variable ${name} would have no effect, since the cluster sets it: ${ownVariables[name]}`
}

async function serve(
  cluster: Cluster,
  { stdout, stderr }: Output,
  live: LiveLine | undefined,
): Promise<number> {
  let stopAsked = false
  let hideStatus = () => {}
  const stop = () => {
    if (stopAsked) return
    stopAsked = true
    hideStatus()
    stdout.write('\nStopping …\n')
    cluster.stop()
  }
  const forgetSignals = onStopSignals(stop, count => (count === 2 ? cluster.hurry() : cluster.kill()))
  const forgetNpm = onNpmGone(stop)
  try {
    stderr.write('Starting the processors, the coordinator and the API processes …\n')
    await cluster.start()
    stdout.write(banner(cluster.addresses, cluster.adminToken, stdout.isTTY))
    if (live !== undefined && !stopAsked) hideStatus = showStatus(cluster.addresses.admin, live)
    const how = await cluster.ended
    hideStatus()
    if (how === 'stopped') return 0
    stderr.write('Stopping everything.\n')
    await cluster.stop()
    stderr.write(`${how.broken}\n`)
    return 1
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error
    if (stopAsked) return 0
    stderr.write(`${error.message}\n`)
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

function shardLine(admin: string, index: number, { length }: readonly string[]): string {
  const name = length === 1 ? 'coordinator' : `coordinator ${index}`
  return `  ${name.padEnd(20)} ${admin}/queue-status`
}

/** Where everything is, with a line to try. The token itself is for a terminal alone: what is written elsewhere is kept. */
export function banner(
  addresses: ClusterAddresses,
  adminToken?: { readonly token: string; readonly tokenFile: string },
  isTerminal = false,
): string {
  const fragment = adminToken === undefined || !isTerminal ? '' : `#token=${adminToken.token}`
  const tokenLine =
    adminToken === undefined || isTerminal ? '' : `\n  operator's token     ${adminToken.tokenFile}`
  const nodes = addresses.nodes.map((url, index) => `  api${index + 1} alone           ${url}`)
  return `The cluster serves.

  public               ${addresses.public}    (shared by the API processes)
${nodes.join('\n')}
  default processor    ${addresses.default}
  fallback processor   ${addresses.fallback}
${addresses.admins.map(shardLine).join('\n')}
  operator's page      ${addresses.admin}/${fragment}${tokenLine}

Try it:

  curl -i ${addresses.public}/payments -H 'content-type: application/json' \\
    -d '{"correlationId":"${randomUUID()}","amount":19.90}'
  curl ${addresses.public}/payments-summary

Ctrl-C stops everything.
`
}
