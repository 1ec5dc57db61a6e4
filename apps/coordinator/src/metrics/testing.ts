import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@rinha/service'
import { temporaryDirectory, until } from '@rinha/testing'

/** Debian's Prometheus, for tests: the server and its tool; and an API node for it to scrape. */

/** Resolves where promtool finds nothing wrong; rejects with what it says. */
export function promtool(words: readonly string[], input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', words, (error, stdout, stderr) => {
      if (error === null) resolve()
      else reject(error.code === 'ENOENT' ? missing('promtool') : new Error(`${stdout}${stderr}`))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

export interface Prometheus {
  /** The `data` of Prometheus' HTTP API. */
  ask<T>(path: string, parameters?: Readonly<Record<string, string>>): Promise<T>
  stop(): Promise<unknown>
}

/** `config` is made for a directory of the test. */
export async function startPrometheus(config: string): Promise<Prometheus> {
  const directory = temporaryDirectory()
  const configPath = join(directory, 'prometheus.yml')
  writeFileSync(configPath, config)
  const port = await freePort()
  const child = spawn('prometheus', [
    `--config.file=${configPath}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  let said = ''
  child.stderr.on('data', bytes => {
    said += bytes
  })
  const ended = once(child, 'close')
  const failed = ended.then(
    () => Promise.reject(new Error(`prometheus has ended: ${said}`)),
    () => Promise.reject(missing('prometheus')),
  )
  failed.catch(() => {})
  const origin = `http://127.0.0.1:${port}`
  const isReady = () =>
    fetch(`${origin}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  await Promise.race([until(isReady), failed])
  return {
    ask: async (path, parameters = {}) => {
      const answer = await fetch(`${origin}/api/v1/${path}?${new URLSearchParams(parameters)}`)
      const { data, error } = (await answer.json()) as { data: never; error?: string }
      if (error !== undefined) throw new Error(`${JSON.stringify(parameters)}: ${error}`)
      return data
    },
    stop: () => {
      child.kill()
      return ended
    },
  }
}

export interface NodeProcess {
  readonly origin: string
  readonly metrics: string
  stop(): Promise<unknown>
}

/** A process of `apps/api`, once it is connected. */
export async function startNode(environment: Readonly<Record<string, string>>): Promise<NodeProcess> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const main = fileURLToPath(new URL('../../../api/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { ...process.env, ...environment, PORT: `${port}`, METRICS_PORT: `${metricsPort}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'close')
  const origin = `http://127.0.0.1:${port}`
  const isReady = () =>
    fetch(`${origin}/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  // A process that loads takes as long as the machine lets it: the limit is the test's.
  await Promise.race([
    until(isReady, 'the API node is ready', Number.POSITIVE_INFINITY),
    ended.then(() => Promise.reject(new Error('the API node has ended'))),
  ])
  return {
    origin,
    metrics: `127.0.0.1:${metricsPort}`,
    stop: () => {
      child.kill()
      return ended
    },
  }
}

const missing = (program: string) =>
  new Error(`${program} is missing: apt-get install prometheus, or https://prometheus.io/download`)
