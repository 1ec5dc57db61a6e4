import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { ReadyMessage } from '@rinha/service'
import { ClusterProblem } from './problem.ts'

/**
 * One process of the cluster, from its start to its end.
 *
 * It runs in a process group of its own: Ctrl-C in a terminal signals the whole foreground group, and the children
 * must not all stop at once but in the order that the cluster decides. What ends them when the cluster dies without
 * a word is the IPC channel, which the system closes: every service stops on that (see packages/service).
 *
 * starting: from the constructor, until it says `ready` over IPC, is stopped, or ends.
 * serving: from `ready`, until it is stopped or ends.
 * stopping: from {@link stop} or {@link kill}, until it ends, which a deadline makes sure of.
 * ended: {@link exit} has resolved. There is no way back.
 */
export class Child {
  readonly name: string
  /** Resolves when the process serves. Rejects with a {@link ClusterProblem} when it ended before, or is late. */
  readonly ready: Promise<ReadyMessage>
  /** Resolves, never rejects, when the process is gone, with a line for how: `api1 ended unexpectedly: exit code 1`. */
  readonly exit: Promise<string>
  readonly #process: ChildProcess
  #state: 'starting' | 'serving' | 'stopping' | 'ended' = 'starting'

  constructor(options: ChildOptions) {
    this.name = options.name
    this.#process = fork(options.modulePath, [], {
      env: options.environment,
      execArgv: [],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    forwardLines(this.#process.stdout, options.onLine)
    forwardLines(this.#process.stderr, options.onLine)
    this.exit = this.#watchExit()
    this.ready = this.#watchReady(options.readyMsMax)
    // Whoever starts children may stop at the first that fails: the others' promises then have no one to await them.
    this.ready.catch(() => {})
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Asks it to stop, and kills it when it has not after `stopMsMax`. Resolves when it is gone. */
  async stop(stopMsMax: number): Promise<void> {
    if (this.#state === 'ended') return
    this.#state = 'stopping'
    this.#process.kill('SIGTERM')
    const deadline = setTimeout(() => this.kill(), stopMsMax)
    await this.exit
    clearTimeout(deadline)
  }

  kill(): void {
    if (this.#state === 'ended') return
    this.#state = 'stopping'
    this.#process.kill('SIGKILL')
  }

  #watchExit(): Promise<string> {
    const phrases = {
      starting: 'ended before it was ready',
      serving: 'ended unexpectedly',
      stopping: 'stopped',
    }
    return new Promise(resolve => {
      const end = (how: string) => {
        if (this.#state === 'ended') return
        const phrase = phrases[this.#state]
        this.#state = 'ended'
        resolve(`${this.name} ${phrase}: ${how}`)
      }
      // `close`, not `exit`: by then its last lines, which say why it ended, have been read.
      this.#process.once('close', (code, signal) => {
        end(signal === null ? `exit code ${code}` : `signal ${signal}`)
      })
      this.#process.on('error', error => {
        if (this.#process.pid === undefined) end(`it could not be started (${error.message})`)
      })
    })
  }

  #watchReady(readyMsMax: number): Promise<ReadyMessage> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        reject(new ClusterProblem(`${this.name} was not ready within ${readyMsMax} ms`))
      }, readyMsMax)
      this.#process.on('message', message => {
        if (!isReadyMessage(message)) return
        clearTimeout(deadline)
        if (this.#state === 'starting') this.#state = 'serving'
        resolve(message)
      })
      this.exit.then(how => {
        clearTimeout(deadline)
        reject(new ClusterProblem(how))
      })
    })
  }
}

export interface ChildOptions {
  readonly name: string
  readonly modulePath: string
  readonly environment: NodeJS.ProcessEnv
  readonly readyMsMax: number
  /** Each line it writes, on either stream. */
  readonly onLine: (line: string) => void
}

function forwardLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine)
}

function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready'
}
