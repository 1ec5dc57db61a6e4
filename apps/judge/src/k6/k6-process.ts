import { Child, freePort, StartProblem } from '@rinha/service'
import { HttpClient } from '../http-client.ts'
import type { PostedPayments } from '../score/closing.ts'
import { k6Command } from './k6-program.ts'
import { readLogLine, readSummary } from './measured.ts'
import { type K6Note, type K6Plan, metricNames, planVariable } from './wire.ts'

/** How far k6 has got, by its own count. */
export interface K6Progress {
  readonly vus: number
  readonly acceptedCount: number
  readonly failedCount: number
}

/** The last words of k6's log that are kept, to say what went wrong. */
const wordsCountMax = 3
const apiTimeoutMs = 5000

/** One k6 process that plays one plan. */
export class K6Process {
  readonly #child: Child
  readonly #api: HttpClient
  readonly #onNote: (note: K6Note) => void
  readonly #words: string[] = []
  #problem: string | undefined
  #output = ''

  private constructor(plan: K6Plan, apiPort: number, onNote: (note: K6Note) => void) {
    this.#onNote = onNote
    this.#api = new HttpClient(`http://127.0.0.1:${apiPort}`, { timeoutMs: apiTimeoutMs })
    this.#child = new Child({
      name: 'k6',
      program: k6Command(apiPort),
      environment: { ...process.env, [planVariable]: JSON.stringify(plan) },
      hasOwnGroup: false,
      onLine: (line, stream) => {
        if (stream === 'stdout') this.#output += `${line}\n`
        else this.#read(line)
      },
    })
  }

  /** k6's API does not say which port it took: it is told one. */
  static async start(plan: K6Plan, onNote: (note: K6Note) => void): Promise<K6Process> {
    return new K6Process(plan, await freePort(), onNote)
  }

  /** Resolves at k6's end with what it counted; a {@link StartProblem} says why it gave up. */
  async summary(): Promise<PostedPayments> {
    const { code, words } = await this.#child.ended
    if (this.#problem !== undefined) throw new StartProblem(this.#problem)
    if (code !== 0) throw new StartProblem([words, ...this.#words].join('\n  '))
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
    await Promise.all([this.#child.kill(), this.#api.close()])
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

  /** Undefined where k6 has not counted it yet: before it listens, and after its end. */
  async #metric(name: string, value: string): Promise<number | undefined> {
    const answer = await this.#api.send({ method: 'GET', path: `/v1/metrics/${name}` })
    if (answer.kind === 'none' || answer.status !== 200) return undefined
    const { data } = JSON.parse(answer.body) as {
      readonly data?: { readonly attributes?: { readonly sample?: Readonly<Record<string, number>> } }
    }
    return data?.attributes?.sample?.[value]
  }
}
