import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type ReadyMessage, StartProblem } from './run-service.ts'

/**
 * One child process, from its start to its end.
 *
 * starting: of a Node module, from the constructor, until it says `ready` over IPC, is told to stop, or ends.
 * serving: from `ready`, until it is told to stop or ends; of any other command from the constructor.
 * stopping: from {@link Child.stop} or {@link Child.kill}, until it ends, which a deadline makes sure of.
 * ended: {@link Child.ended} has resolved. There is no way back.
 * Beside that it may be paused: from {@link Child.pause} to {@link Child.resume}, until it is told to stop, or ends.
 *
 * Invariants:
 *   1. A Node module ends when its parent is gone without a word: the system closes the IPC channel, and every service
 *      stops on that.
 *   2. A paused process is continued even if this one is killed meanwhile. Otherwise it would stay for ever, because it
 *      cannot notice a closed channel.
 */
export class Child {
  readonly name: string
  /** Resolves, and never rejects, when the process has ended and its last line has been passed on. */
  readonly ended: Promise<ChildEnd>
  readonly #process: ChildProcess
  readonly #ready: Promise<ReadyMessage>
  #phase: ChildEnd['phase']
  #isRunning = true
  #continuer: ChildProcess | undefined

  constructor(options: ChildOptions) {
    this.name = options.name
    this.#phase = 'command' in options.program ? 'serving' : 'starting'
    this.#process = startProcess(options)
    const { onLine, onMessage } = options
    for (const [name, stream] of [
      ['stdout', this.#process.stdout],
      ['stderr', this.#process.stderr],
    ] as const) {
      if (stream !== null) createInterface({ input: stream }).on('line', line => onLine?.(line, name))
    }
    this.#ready = new Promise(resolve => {
      this.#process.on('message', message => {
        if (!isReadyMessage(message)) return onMessage?.(message)
        if (this.#phase === 'starting') this.#phase = 'serving'
        resolve(message)
      })
    })
    this.ended = this.#watchEnd()
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Resolves when it serves. Rejects with a {@link StartProblem} when it ended before, or is late. */
  async ready(msMax: number): Promise<ReadyMessage> {
    let deadline: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const problem = new StartProblem(`${this.name} was not ready within ${msMax} ms`)
      deadline = setTimeout(() => reject(problem), msMax)
    })
    const over = this.ended.then(({ words }) => {
      throw new StartProblem(words)
    })
    try {
      return await Promise.race([this.#ready, over, late])
    } finally {
      clearTimeout(deadline)
    }
  }

  /** Sends a message to a Node module. A process that is about to end does not receive it. */
  send(message: object): void {
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  signal(name: NodeJS.Signals): void {
    if (this.#isRunning) this.#process.kill(name)
  }

  /** Asks it to stop, by SIGTERM, and kills it when it has not after `msMax`. Resolves when it is gone. */
  async stop(msMax: number): Promise<ChildEnd> {
    if (this.#isRunning) {
      this.resume()
      this.#phase = 'stopping'
      this.signal('SIGTERM')
    }
    const deadline = setTimeout(() => this.kill(), msMax)
    const end = await this.ended
    clearTimeout(deadline)
    return end
  }

  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<ChildEnd> {
    if (this.#isRunning) {
      this.#phase = 'stopping'
      this.signal('SIGKILL')
    }
    return this.ended
  }

  /** SIGSTOP. The process resumes after `durationMs` even if this process has ended by then. */
  pause(durationMs: number): void {
    if (!this.#isRunning || this.#continuer !== undefined) return
    const seconds = ((durationMs + continueLateMs) / 1000).toFixed(2)
    const line = `sleep ${seconds}; kill -CONT ${this.pid}`
    const continuer = spawn('sh', ['-c', line], { detached: true, stdio: 'ignore' })
    continuer.on('error', () => {})
    // Without the helper process, do not pause.
    if (continuer.pid === undefined) return
    continuer.unref()
    this.#continuer = continuer
    this.signal('SIGSTOP')
  }

  resume(): void {
    if (this.#continuer === undefined) return
    this.signal('SIGCONT')
    this.#forgetPause()
  }

  #forgetPause(): void {
    const pid = this.#continuer?.pid
    this.#continuer = undefined
    try {
      // Its group: the shell and its sleep.
      if (pid !== undefined) process.kill(-pid, 'SIGKILL')
    } catch {
      // The process has ended already.
    }
  }

  #watchEnd(): Promise<ChildEnd> {
    return new Promise(resolve => {
      const end = (how: string, code: number | null, signal: NodeJS.Signals | null) => {
        if (!this.#isRunning) return
        this.#isRunning = false
        this.#forgetPause()
        const phase = this.#phase
        resolve({ phase, code, signal, words: `${this.name} ${phrases[phase]}: ${how}` })
      }
      // `close`, not `exit`: by then its last lines, which say why it ended, have been read.
      this.#process.once('close', (code, signal) => {
        end(signal === null ? `exit code ${code}` : `signal ${signal}`, code, signal)
      })
      this.#process.on('error', error => {
        if (this.pid === undefined) end(`it could not be started (${error.message})`, null, null)
      })
    })
  }
}

export interface ChildOptions {
  readonly name: string
  /** A Node module, which has an IPC channel to this process, or any command, which has none. */
  readonly program: NodeModule | { readonly command: string; readonly args: readonly string[] }
  readonly environment?: NodeJS.ProcessEnv
  readonly directory?: string
  /**
   * Whether it has a process group of its own, as it has where this is not given: Ctrl-C in a terminal signals the whole
   * foreground group, and the children must not all stop at once but in the order that their parent decides.
   */
  readonly hasOwnGroup?: boolean
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Where a Node module's standard output goes in place of `onLine`: an open file, which stays the caller's. */
  readonly log?: number
  /** The messages of a Node module, other than its {@link ReadyMessage}. */
  readonly onMessage?: (message: unknown) => void
}

export interface NodeModule {
  readonly module: string
  readonly execArgv?: readonly string[]
}

export interface ChildEnd {
  /** The phase in which it ended: by itself before it was ready, by itself after that, or because it was told to. */
  readonly phase: 'starting' | 'serving' | 'stopping'
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** `api1 ended unexpectedly: exit code 1`. */
  readonly words: string
}

const phrases = {
  starting: 'ended before it was ready',
  serving: 'ended unexpectedly',
  stopping: 'stopped',
} as const

/** How long after our own time to resume the fallback resumes the process. */
const continueLateMs = 1000

function startProcess(given: ChildOptions): ChildProcess {
  const { program, environment, directory, hasOwnGroup = true, log = 'pipe' } = given
  const options = { env: environment ?? process.env, cwd: directory ?? process.cwd(), detached: hasOwnGroup }
  if ('command' in program)
    return spawn(program.command, program.args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  return fork(program.module, [], {
    ...options,
    execArgv: [...(program.execArgv ?? [])],
    // Typed arrays and dates arrive as they were sent.
    serialization: 'advanced',
    stdio: ['ignore', log, 'pipe', 'ipc'],
  })
}

function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready'
}
