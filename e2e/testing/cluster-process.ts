import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ClusterOptions,
  clusterAt,
  clusterPortCount,
  namedPorts,
  portProblems,
  sharedPort,
} from '../../packages/local-cluster/src/index.ts'
import { Child, freePorts } from '../../packages/service/src/index.ts'
import { until } from '../../packages/testing/src/index.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const cliPath = join(root, 'dist', 'cli.mjs')
export const judgePath = join(root, 'dist', 'judge.mjs')

/** E2E_SHARDS=4 runs the tests on so many shards. */
export const e2eShards = Number(process.env.E2E_SHARDS ?? 1)

/** The options of a cluster at ports that no other program uses. */
export async function clusterPorts(shards = e2eShards): Promise<ClusterOptions> {
  for (;;) {
    const ports = { ...clusterAt(await freePorts(clusterPortCount)), shards }
    if (sharedPort(ports) === undefined && (await portProblems(namedPorts(ports))).length === 0) return ports
  }
}

export function portArguments(ports: ClusterOptions): string[] {
  return [
    ['--port', `${ports.port}`],
    ['--node-ports', ports.nodePorts.join(',')],
    ['--default-port', `${ports.defaultPort}`],
    ['--fallback-port', `${ports.fallbackPort}`],
    ['--shards', `${ports.shards}`],
    ['--channel-port', `${ports.channelPort}`],
    ['--admin-port', `${ports.adminPort}`],
  ].flat()
}

/** A program under test: its output as it comes, its end, and the processes below it. */
export class Program {
  /** Resolves with the exit code, or the signal's name. */
  readonly exit: Promise<number | string>
  output = ''
  readonly #child: Child
  #onOutput: () => void = () => {}

  /** In a process group of its own, as a shell would start it, so that a Ctrl-C can be sent to the whole group. */
  constructor(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = new Child({
      name: command,
      program: { command, args },
      directory: root,
      environment: { ...process.env, ...environment },
      onLine: line => {
        this.output += `${line}\n`
        this.#onOutput()
      },
    })
    this.exit = this.#child.ended.then(({ code, signal }) => signal ?? code ?? -1)
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('the program could not be started')
    return pid
  }

  /** Resolves once the output holds the words; rejects when the program ends without. */
  said(words: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onOutput = () => {
        if (this.output.includes(words)) resolve()
      }
      this.#onOutput()
      this.exit.then(how => reject(new Error(`ended (${how}) without saying "${words}":\n${this.output}`)))
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.signal(name)
  }

  /** Does what Ctrl-C in a terminal does: sends the signal to every process of the group. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal)
  }
}

export interface RunningCluster {
  readonly program: Program
  readonly ports: ClusterOptions
  /** The URL of one API process alone, by its index. */
  node(index: 0 | 1, path: string): string
  public(path: string): string
}

/** `cluster` from the bundles, on ports that nothing else uses, its processes with these settings too, serving when this resolves. */
export async function startCluster(
  environment: NodeJS.ProcessEnv = {},
  shards?: number,
): Promise<RunningCluster> {
  const ports = await clusterPorts(shards)
  const program = new Program(process.execPath, [cliPath, 'cluster', ...portArguments(ports)], environment)
  await program.said('Ctrl-C stops everything')
  return {
    program,
    ports,
    node: (index, path) => `http://localhost:${ports.nodePorts[index]}${path}`,
    public: path => `http://localhost:${ports.port}${path}`,
  }
}

/** Every process below this one, at any depth, as the system knows them. */
export function descendants(pid: number): number[] {
  const children = processes().filter(each => each.parentPid === pid)
  return children.flatMap(child => [child.pid, ...descendants(child.pid)])
}

/** Which of these processes still run after `withinMs`; returns as soon as none does. */
export async function survivors(pids: readonly number[], withinMs: number): Promise<number[]> {
  const left = () => {
    const alive = new Set(processes().map(({ pid }) => pid))
    return pids.filter(pid => alive.has(pid))
  }
  await until(() => left().length === 0, 'none is left', withinMs).catch(() => {})
  return left()
}

function processes(): { pid: number; parentPid: number }[] {
  const found: { pid: number; parentPid: number }[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // "pid (name) state ppid …", where the name may hold anything, closing brackets too.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // A zombie has ended, but its parent has not read its exit code yet.
      if (state !== 'Z') found.push({ pid: Number(name), parentPid: Number(parent) })
    } catch {
      // The process ended between the listing and this read.
    }
  }
  return found
}
