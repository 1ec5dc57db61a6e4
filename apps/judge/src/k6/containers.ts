import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { StartProblem } from '@rinha/service'
import { type CgroupPlace, cgroupPlace, sampleCgroup } from './cgroup.ts'
import { type Usage, UsageMeter } from './usage.ts'

/** A running container of a compose project. */
export interface Container {
  readonly service: string
  /** The id of its first process, as this machine counts. */
  readonly pid: number
}

export interface ContainerUsage {
  readonly service: string
  /** Or why it is not known. */
  readonly usage: Usage | { readonly reason: string }
}

/** The containers of one project, or the reason why none can be measured. */
export type Found =
  | { readonly kind: 'found'; readonly project: string; readonly containers: readonly Container[] }
  | { readonly kind: 'none'; readonly reason: string }

/**
 * The containers of a compose project: of the one named, or of the one that publishes the backend's port. A given name
 * that fits no container is an error. If no name was given, finding none is no error.
 */
export async function findContainers(project: string | undefined, backend: string): Promise<Found> {
  try {
    const name = project ?? (await projectAt(backend))
    if (name === undefined)
      return { kind: 'none', reason: `no compose project on this machine publishes the port of ${backend}` }
    const containers = await containersOf(name)
    if (containers.length > 0) return { kind: 'found', project: name, containers }
    throw new StartProblem(
      `no container of ${name} is running: set --containers to one that \`docker compose ls\` lists`,
    )
  } catch (error) {
    if (error instanceof StartProblem) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOENT' ? 'docker is not on the PATH' : `docker: ${message.trim().split('\n').at(-1)}`
    if (project !== undefined) throw new StartProblem(`--containers ${project} cannot be watched: ${reason}`)
    return { kind: 'none', reason }
  }
}

const projectLabel = 'com.docker.compose.project'
const serviceLabel = 'com.docker.compose.service'
const localNames = new Set(['localhost', '127.0.0.1', '[::1]'])

async function projectAt(backend: string): Promise<string | undefined> {
  const { hostname, port } = new URL(backend)
  if (!localNames.has(hostname)) return undefined
  const format = `{{.Label "${projectLabel}"}}`
  const said = await docker('ps', '--filter', `publish=${port || 80}`, '--format', format)
  return said.split('\n').find(name => name !== '')
}

async function containersOf(project: string): Promise<readonly Container[]> {
  const ids = (await docker('ps', '--quiet', '--filter', `label=${projectLabel}=${project}`)).split('\n')
  const given = ids.filter(id => id !== '')
  if (given.length === 0) return []
  return readInspection(await docker('inspect', ...given))
}

/** The output of `docker inspect`, in the order of the services' names. */
export function readInspection(text: string): readonly Container[] {
  const inspected = JSON.parse(text) as readonly {
    readonly Name: string
    readonly State: { readonly Pid: number }
    readonly Config: { readonly Labels: Readonly<Record<string, string>> }
  }[]
  return inspected
    .map(({ Name, State, Config }) => ({
      service: Config.Labels[serviceLabel] ?? Name.slice(1),
      pid: State.Pid,
    }))
    .sort((a, b) => a.service.localeCompare(b.service))
}

async function docker(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('docker', args)).stdout
}

const lookEveryMs = 1000

interface Watched {
  readonly container: Container
  readonly place: CgroupPlace | undefined
  readonly meter: UsageMeter
}

/** Reads the control groups of containers once a second. */
export class ContainerWatch {
  readonly #watched: readonly Watched[]
  #looking: NodeJS.Timeout | undefined

  constructor(containers: readonly Container[]) {
    const mounts = readText('/proc/mounts') ?? ''
    this.#watched = containers.map(container => ({
      container,
      place: cgroupPlace(readText(`/proc/${container.pid}/cgroup`) ?? '', mounts),
      meter: new UsageMeter(),
    }))
  }

  start(): void {
    this.#look()
    this.#looking = setInterval(() => this.#look(), lookEveryMs)
  }

  /** Reads a last time. */
  stop(): void {
    if (this.#looking === undefined) return
    clearInterval(this.#looking)
    this.#looking = undefined
    this.#look()
  }

  usages(): readonly ContainerUsage[] {
    return this.#watched.map(({ container: { service, pid }, place, meter }) => {
      if (place === undefined)
        return {
          service,
          usage: { reason: `the control groups of process ${pid} are not to be seen from here` },
        }
      if (readText(`/proc/${pid}/cgroup`) === undefined)
        return { service, usage: { reason: 'it ended during the run' } }
      return { service, usage: meter.usage() ?? { reason: 'nobody has looked' } }
    })
  }

  #look(): void {
    for (const { place, meter } of this.#watched)
      if (place !== undefined) meter.add(performance.now(), sampleCgroup(place, readText))
  }
}

/** Files of the kernel's: short, and in memory, so that waiting for them is not worth a turn of the event loop. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
