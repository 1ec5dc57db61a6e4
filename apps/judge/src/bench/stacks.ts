import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { freePorts, StartProblem } from '@rinha/service'
import { type Container, findContainers } from '../k6/containers.ts'
import type { TargetOrigins } from '../score/targets.ts'
import { answeringItself } from './floor.ts'
import type { OtherStack } from './options.ts'

/** A stack to measure: the cluster or a floor, in containers of its own. */
export interface Stack {
  readonly name: string
  /**
   * The machine's own address is used, because requests to localhost pass through a process of Docker's, which costs CPU.
   */
  readonly origin: string
  /** Only the cluster has this. */
  readonly admin?: string
  readonly processors?: Pick<TargetOrigins, 'default' | 'fallback'>
  readonly containers: readonly Container[]
  /** Only the cluster has this. */
  readonly processorContainers: readonly Container[]
}

const floorFile = 'e2e/k6/floor/docker-compose.yml'
const processorsFile = 'docker-compose.processors.yml'

/** Starts and stops compose projects under names, ports and networks that nothing else on this machine uses. */
export class Stacks {
  readonly #projects: ComposeProject[] = []
  readonly #directory = mkdtempSync(join(tmpdir(), 'bench-cluster-'))

  async floorA(): Promise<Stack> {
    const config = join(this.#directory, 'floor-a.cfg')
    writeFileSync(config, answeringItself(readFileSync('haproxy.cfg', 'utf8')), { mode: 0o644 })
    return this.#floor('floor A', 'a', config, ['--no-deps', 'haproxy'])
  }

  floorB(): Promise<Stack> {
    return this.#floor('floor B', 'b', resolve('haproxy.cfg'), [])
  }

  async #floor(name: string, letter: string, config: string, services: readonly string[]): Promise<Stack> {
    const [port = 0] = await freePorts(1)
    const environment = { FLOOR_PORT: `${port}`, HAPROXY_CONFIG: config }
    const floor = this.#project(`floor-${letter}`, floorFile, environment)
    await floor.up(...services)
    return {
      name,
      origin: `http://${ownAddress()}:${port}`,
      containers: await floor.containers(),
      processorContainers: [],
    }
  }

  /** The cluster and both processors; of the images that the environment names, unless others are given. */
  async cluster(name: string, other?: OtherStack): Promise<Stack> {
    const [port, adminPort, defaultPort, fallbackPort] = await freePorts(4)
    const project = `${name}-${process.pid}`
    const environment = {
      PUBLIC_PORT: `${port}`,
      ADMIN_PORT: `${adminPort}`,
      DEFAULT_PORT: `${defaultPort}`,
      FALLBACK_PORT: `${fallbackPort}`,
      PROCESSOR_NETWORK: `bench-${project}`,
    }
    const processors = this.#project(`${name}-processors`, processorsFile, environment)
    await processors.up()
    const images = other && { IMAGES: other.images, IMAGE_TAG: 'latest' }
    const cluster = this.#project(name, 'docker-compose.yml', { ...environment, ...images }, other?.directory)
    await cluster.up()
    const at = (published: number | undefined) => `http://${ownAddress()}:${published}`
    return {
      name,
      origin: at(port),
      admin: `http://127.0.0.1:${adminPort}`,
      processors: { default: at(defaultPort), fallback: at(fallbackPort) },
      containers: await cluster.containers(),
      processorContainers: await processors.containers(),
    }
  }

  /** The images of this checkout, the processors' too. */
  async build(): Promise<void> {
    await this.#run('docker-compose.yml', ['build'])
    await this.#run(processorsFile, ['build'])
  }

  async down(): Promise<void> {
    // The cluster before its processors, whose network it is in.
    for (const project of this.#projects.reverse()) await project.down()
    rmSync(this.#directory, { recursive: true })
  }

  async #run(file: string, args: readonly string[]): Promise<void> {
    await new ComposeProject('bench-build', file, {}).run(...args)
  }

  #project(name: string, file: string, environment: NodeJS.ProcessEnv, directory?: string): ComposeProject {
    const project = new ComposeProject(`bench-${process.pid}-${name}`, file, environment, directory)
    this.#projects.push(project)
    return project
  }
}

class ComposeProject {
  readonly #name: string
  readonly #file: string
  readonly #environment: NodeJS.ProcessEnv
  readonly #directory: string

  constructor(name: string, file: string, environment: NodeJS.ProcessEnv, directory = '.') {
    this.#name = name.replaceAll(/[^a-z0-9-]/g, '-')
    this.#file = file
    this.#environment = environment
    this.#directory = directory
  }

  /** Rejects with a StartProblem that has compose's last words. */
  async run(...args: readonly string[]): Promise<void> {
    const options = {
      cwd: this.#directory,
      env: { ...process.env, ...this.#environment },
      maxBuffer: 2 ** 26,
    }
    const all = ['compose', '-p', this.#name, '-f', this.#file, ...args]
    await promisify(execFile)('docker', all, options).catch(error => {
      const words = String(error.stderr || error.message)
        .trim()
        .split('\n')
        .slice(-3)
        .join('\n  ')
      throw new StartProblem(`docker ${all.join(' ')}:\n  ${words}`)
    })
  }

  up(...services: readonly string[]): Promise<void> {
    return this.run('up', '--detach', '--wait', ...services)
  }

  down(): Promise<void> {
    return this.run('down', '--volumes', '--timeout', '5')
  }

  async containers(): Promise<readonly Container[]> {
    const found = await findContainers(this.#name, '')
    return found.kind === 'found' ? found.containers : []
  }
}

/** The machine's first address that is not a loopback one; localhost if there is none. */
function ownAddress(): string {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, found = []]) =>
    /^(docker|br-|veth)/.test(name) ? [] : found,
  )
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? 'localhost'
}
