import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { request } from 'undici'
import { RunProblem } from '../score/run-problem.ts'
import { spawnK6 } from './k6-program.ts'
import { type K6Summary, readLogLine, readSummary } from './measured.ts'
import { type K6Note, type K6Plan, metricNames, planVariable } from './wire.ts'

/** How far k6 has got, by its own count. */
export interface K6Progress {
  readonly vus: number
  readonly acceptedCount: number
  readonly failedCount: number
}

/** The last words of k6's log that are kept, to say what went wrong. */
const wordsCountMax = 3

/** One k6 on one plan. */
export class K6Process {
  readonly #child: ReturnType<typeof spawnK6>
  readonly #apiOrigin: string
  readonly #closed: Promise<unknown>
  readonly #onNote: (note: K6Note) => void
  readonly #words: string[] = []
  #problem: string | undefined
  #output = ''

  private constructor(plan: K6Plan, apiPort: number, onNote: (note: K6Note) => void) {
    this.#onNote = onNote
    this.#apiOrigin = `http://127.0.0.1:${apiPort}`
    this.#child = spawnK6(apiPort, { [planVariable]: JSON.stringify(plan) })
    this.#closed = once(this.#child, 'close')
    // Who waits for the end is told; this one only keeps a failed start from being nobody's.
    this.#closed.catch(() => {})
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    createInterface({ input: this.#child.stderr }).on('line', line => this.#read(line))
  }

  static async start(plan: K6Plan, onNote: (note: K6Note) => void): Promise<K6Process> {
    return new K6Process(plan, await freePort(), onNote)
  }

  /** Resolves at k6's end with what it counted; a {@link RunProblem} says why it gave up. */
  async summary(): Promise<K6Summary> {
    try {
      await this.#closed
    } catch (error) {
      throw new RunProblem(`k6 could not be started: ${(error as Error).message}`)
    }
    const { exitCode, signalCode } = this.#child
    if (this.#problem !== undefined) throw new RunProblem(this.#problem)
    if (exitCode !== 0)
      throw new RunProblem(
        [`k6 ended early (${signalCode ?? `exit code ${exitCode}`})`, ...this.#words].join('\n  '),
      )
    return readSummary(this.#output)
  }

  /** Asks k6 for three numbers, not for its latencies: those it would have to sort. Undefined when it does not answer. */
  async progress(): Promise<K6Progress | undefined> {
    const [vus, accepted, failed] = await Promise.all([
      this.#metric('vus', 'value'),
      this.#metric(metricNames.accepted, 'count'),
      this.#metric(metricNames.failed, 'count'),
    ])
    if (vus === undefined) return undefined
    // One of k6's users is the auditor.
    return { vus: Math.max(vus - 1, 0), acceptedCount: accepted ?? 0, failedCount: failed ?? 0 }
  }

  /** Ends k6 at once, and waits until it is gone. What it was to tidy up is left to the caller. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#closed.catch(() => {})
  }

  #read(line: string): void {
    const said = readLogLine(line)
    if (said.kind === 'words') {
      this.#words.push(said.words)
      if (this.#words.length > wordsCountMax) this.#words.shift()
      return
    }
    if (said.note.note === 'problem') this.#problem ??= said.note.reason
    this.#onNote(said.note)
  }

  /** Undefined where k6 has not counted it yet. */
  async #metric(name: string, value: string): Promise<number | undefined> {
    try {
      const { statusCode, body } = await request(`${this.#apiOrigin}/v1/metrics/${name}`)
      const json = (await body.json()) as {
        data?: { attributes?: { sample?: Readonly<Record<string, number>> } }
      }
      return statusCode === 200 ? json.data?.attributes?.sample?.[value] : undefined
    } catch {
      // Before k6 listens, and after its end.
      return undefined
    }
  }
}

/** A port that was free a moment ago, for k6's API, which does not say which one it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}
