import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { clusterPorts, root } from './cluster-process.ts'

const run = promisify(execFile)

/** Why containers cannot be tested on this machine, or undefined where they can. */
export function dockerProblem(): string | undefined {
  const { error, status, stdout, stderr } = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], {
    encoding: 'utf8',
  })
  if (error !== undefined) return `docker cannot be started (${error.message}): install Docker Engine`
  if (status !== 0) return `Docker's daemon does not answer: ${stderr.trim()}`
  if (Number.parseInt(stdout, 10) < 25)
    return `this is Docker Engine ${stdout.trim()}: the compose files need 25 or later`
  if (spawnSync('docker', ['compose', 'version']).status !== 0)
    return 'docker has no compose command: install the compose plugin, version 2'
  return undefined
}

/** What `docker` prints; rejects with its words when it exits with another code than 0. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', args, { cwd: root, maxBuffer: 2 ** 26 })).stdout.trim()
}

interface Totals {
  readonly totalRequests: number
  readonly totalAmount: number
}

/** The compose files as they are, under names, ports and a network that nothing else on this machine uses. */
export class ContainerStack {
  readonly publicUrl: string
  readonly adminUrl: string
  /** Of the second coordinator, where the files have one. */
  readonly secondAdminUrl: string
  readonly processorUrls: Readonly<Record<'default' | 'fallback', string>>
  readonly #environment: NodeJS.ProcessEnv
  /** The names of all its containers begin with it, those of the processors too. */
  readonly name = `cluster-e2e-${process.pid}`
  readonly #files: readonly string[]

  private constructor(ports: Awaited<ReturnType<typeof clusterPorts>>, files: readonly string[]) {
    this.#files = ['docker-compose.yml', ...files]
    this.publicUrl = `http://localhost:${ports.port}`
    this.adminUrl = `http://localhost:${ports.adminPort}`
    const [secondAdminPort] = ports.nodePorts
    this.secondAdminUrl = `http://localhost:${secondAdminPort}`
    this.processorUrls = {
      default: `http://localhost:${ports.defaultPort}`,
      fallback: `http://localhost:${ports.fallbackPort}`,
    }
    this.#environment = {
      ...process.env,
      IMAGES: 'payment-cluster',
      IMAGE_TAG: 'e2e',
      PUBLIC_PORT: `${ports.port}`,
      ADMIN_PORT: `${ports.adminPort}`,
      SECOND_ADMIN_PORT: `${secondAdminPort}`,
      DEFAULT_PORT: `${ports.defaultPort}`,
      FALLBACK_PORT: `${ports.fallbackPort}`,
      PROCESSOR_NETWORK: this.name,
    }
  }

  /** `files`: compose files on top of the challenge's, as paths from the root. */
  static async create(...files: readonly string[]): Promise<ContainerStack> {
    return new ContainerStack(await clusterPorts(), files)
  }

  /** Builds what changed; a first build downloads the dependencies. */
  async build(): Promise<void> {
    await this.#processors('build')
    await this.compose('build')
  }

  /** Resolves when every container is healthy. */
  async up(): Promise<void> {
    await this.#processors('up', '--detach', '--wait')
    await this.compose('up', '--detach', '--wait')
  }

  async down(): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '5')
    await this.#processors('down', '--volumes', '--timeout', '5')
  }

  /** Rejects if the cluster does not answer with a summary. */
  async summary(): Promise<Readonly<Record<'default' | 'fallback', Totals>>> {
    const response = await fetch(`${this.publicUrl}/payments-summary`)
    if (response.status !== 200)
      throw new Error(`/payments-summary: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<'default' | 'fallback', Totals>
  }

  /** The name of a service's container, for `docker` itself. */
  container(service: string): string {
    return `${this.name}-${service}-1`
  }

  compose(...args: readonly string[]): Promise<string> {
    return this.#run(['-p', this.name, ...this.#files.flatMap(file => ['-f', file]), ...args])
  }

  #processors(...args: readonly string[]): Promise<string> {
    return this.#run(['-p', `${this.name}-processors`, '-f', 'docker-compose.processors.yml', ...args])
  }

  async #run(args: readonly string[]): Promise<string> {
    const options = { cwd: root, env: this.#environment, maxBuffer: 2 ** 26 }
    return (await run('docker', ['compose', ...args], options)).stdout.trim()
  }
}
