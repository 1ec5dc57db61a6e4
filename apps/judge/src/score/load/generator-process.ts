import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { RunProblem } from '../run-problem.ts'
import type { FromGenerator, LoadPlan, LoadTick, ToGenerator } from './messages.ts'

/** The load generator as the run sees it. */
export class GeneratorProcess {
  readonly #child: ChildProcess
  readonly #ready: Promise<unknown>
  readonly #exit: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exit = once(child, 'exit')
    this.#ready = Promise.race([
      once(child, 'message'),
      this.#exit.then(() => {
        throw new RunProblem('the load generator did not start')
      }),
    ])
  }

  /** Starts the process and waits until it can take a plan. */
  static async start(): Promise<GeneratorProcess> {
    const { file, execArgv } = program()
    const generator = new GeneratorProcess(fork(file, [], { execArgv, serialization: 'advanced' }))
    await generator.#ready
    return generator
  }

  /** Plays the plan. Resolves once every iteration has ended; rejects when the process ends before. */
  play(plan: LoadPlan, onTick: (tick: LoadTick) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromGenerator) => {
        if (message.kind === 'tick') onTick(message)
        if (message.kind === 'done') resolve()
      })
      this.#child.once('exit', (code, signal) =>
        reject(new RunProblem(`the load generator ended early (${signal ?? `exit code ${code}`})`)),
      )
      this.#tell({ kind: 'start', plan })
    })
  }

  /** Ends the process, whatever it is doing, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const deadline = setTimeout(() => this.#child.kill('SIGKILL'), stopMsMax)
      this.#tell({ kind: 'stop' })
      await this.#exit
      clearTimeout(deadline)
    }
  }

  #tell(message: ToGenerator): void {
    // A child that ends at this moment is noticed by its exit.
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

const stopMsMax = 2000

/**
 * The child's program: beside this file and run through tsx where this is source, beside the bundle where it is one
 * (tools/build.mjs makes a bundle of every `NAME.worker.ts`).
 */
function program(): { readonly file: string; readonly execArgv: string[] } {
  const source = fileURLToPath(new URL('./score-load.worker.ts', import.meta.url))
  if (!existsSync(source)) {
    return { file: fileURLToPath(new URL('./score-load.worker.mjs', import.meta.url)), execArgv: [] }
  }
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return { file: source, execArgv: ['--import', pathToFileURL(tsx).href] }
}
