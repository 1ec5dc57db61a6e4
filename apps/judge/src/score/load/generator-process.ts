import { Child, StartProblem, workerModule } from '@rinha/service'
import type { FromGenerator, LoadPlan, LoadTick } from './messages.ts'

/** A start is dominated by loading the program on a busy machine. */
const readyMsMax = 20_000
const stopMsMax = 2000

/** The load generator as the run sees it. */
export class GeneratorProcess {
  readonly #child: Child
  #onTick: (tick: LoadTick) => void = () => {}
  #onDone: () => void = () => {}

  private constructor() {
    this.#child = new Child({
      name: 'the load generator',
      program: workerModule('score-load', import.meta.url),
      hasOwnGroup: false,
      onLine: line => process.stderr.write(`${line}\n`),
      onMessage: message => this.#take(message as FromGenerator),
    })
  }

  /** Starts the process and waits until it can take a plan. */
  static async start(): Promise<GeneratorProcess> {
    const generator = new GeneratorProcess()
    try {
      await generator.#child.ready(readyMsMax)
      return generator
    } catch (error) {
      await generator.#child.kill()
      throw new StartProblem((error as Error).message)
    }
  }

  /** Plays the plan. Resolves once every iteration has ended; rejects when the process ends before. */
  play(plan: LoadPlan, onTick: (tick: LoadTick) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onTick = onTick
      this.#onDone = resolve
      this.#child.ended.then(({ words }) => reject(new StartProblem(words)))
      this.#child.send(plan)
    })
  }

  /** Ends the process, whatever it is doing, and waits until it is gone. */
  async stop(): Promise<void> {
    await this.#child.stop(stopMsMax)
  }

  #take(message: FromGenerator): void {
    if (message.kind === 'tick') this.#onTick(message)
    else this.#onDone()
  }
}
