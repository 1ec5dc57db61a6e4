import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { natsServer } from './nats-server.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { until } from './until.ts'

/** Servers with JetStream, each with a directory of its own. With three of them they are a cluster. */
export class NatsServers {
  readonly urls: readonly string[]
  readonly #monitors: readonly string[]
  readonly #program: string
  readonly #configs: readonly string[]
  readonly #children: (ChildProcess | undefined)[]

  private constructor(
    program: string,
    urls: readonly string[],
    monitors: readonly string[],
    configs: readonly string[],
  ) {
    this.#program = program
    this.urls = urls
    this.#monitors = monitors
    this.#configs = configs
    this.#children = configs.map(() => undefined)
  }

  /** `ports`: three free ones for each server. */
  static async start(
    ports: readonly number[],
    makeDirectory: () => string = temporaryDirectory,
  ): Promise<NatsServers> {
    const count = ports.length / 3
    const routes = ports.slice(count, 2 * count).map(port => `nats-route://127.0.0.1:${port}`)
    const configs = Array.from({ length: count }, (_, index) => {
      const directory = makeDirectory()
      const path = join(directory, 'nats.conf')
      // A client that is given the address of a proxy learns no other one.
      const cluster = `cluster { name: test, no_advertise: true, listen: "127.0.0.1:${ports[count + index]}", routes: [${routes.map(route => `"${route}"`).join()}] }`
      writeFileSync(
        path,
        `server_name: "n${index}"
listen: "127.0.0.1:${ports[index]}"
http: "127.0.0.1:${ports[2 * count + index]}"
jetstream { store_dir: "${directory}", sync_interval: always, max_file_store: 8G }
${count > 1 ? cluster : ''}
`,
      )
      return path
    })
    const urls = ports.slice(0, count).map(port => `127.0.0.1:${port}`)
    const monitors = ports.slice(2 * count).map(port => `http://127.0.0.1:${port}`)
    const servers = new NatsServers(await natsServer(), urls, monitors, configs)
    for (const index of configs.keys()) servers.startServer(index)
    await servers.ready()
    return servers
  }

  startServer(index: number): void {
    this.#children[index] = spawn(this.#program, ['-c', this.#configs[index] ?? ''], { stdio: 'ignore' })
  }

  /** SIGKILL: what it has not written is lost. */
  async kill(index: number): Promise<void> {
    const child = this.#children[index]
    if (child === undefined) return
    const isOver = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await isOver
    this.#children[index] = undefined
  }

  /** SIGSTOP, SIGCONT. */
  signal(index: number, name: NodeJS.Signals): void {
    this.#children[index]?.kill(name)
  }

  /** The index of the server that leads this stream; undefined where the servers know none. */
  async leaderOf(stream: string): Promise<number | undefined> {
    for (const monitor of this.#monitors) {
      const answer = await fetch(`${monitor}/jsz?accounts=true&streams=true`, {
        signal: AbortSignal.timeout(500),
      }).catch(() => undefined)
      const found = await leaderIn(answer, stream)
      if (found !== undefined) return found
    }
    return undefined
  }

  async stop(): Promise<void> {
    for (const index of this.#children.keys()) await this.kill(index)
  }

  /** A meta leader is there, and every server knows it. */
  async ready(): Promise<void> {
    for (const monitor of this.#monitors)
      await until(
        () =>
          fetch(`${monitor}/healthz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        `the server at ${monitor} has JetStream`,
        20_000,
      )
  }
}

interface JetStreamReport {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string
      readonly cluster?: { readonly leader?: string }
    }[]
  }[]
}

async function leaderIn(answer: Response | undefined, stream: string): Promise<number | undefined> {
  if (answer?.ok !== true) return undefined
  const { account_details = [] } = (await answer.json()) as JetStreamReport
  const found = account_details
    .flatMap(({ stream_detail = [] }) => stream_detail)
    .find(({ name }) => name === stream)
  const leader = found?.cluster?.leader ?? ''
  return leader === '' ? undefined : Number(leader.slice(1))
}
