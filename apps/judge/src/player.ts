import { Child, type NodeModule, StartProblem } from '@rinha/service'

/** Plays one job at a time, in a process of its own: the module answers each message that it is sent with one. */
export class Player<Job extends object, Result> {
  readonly #child: Child
  #onResult: (result: Result) => void = () => {}

  constructor(program: NodeModule) {
    this.#child = new Child({
      name: 'a player',
      program,
      // Ctrl-C in a terminal reaches it, too.
      hasOwnGroup: false,
      onLine: line => process.stderr.write(`${line}\n`),
      onMessage: result => this.#onResult(result as Result),
    })
  }

  /** Rejects with a {@link StartProblem} where its process ends before it is done. */
  play(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#onResult = resolve
      this.#child.ended.then(({ words }) => reject(new StartProblem(words)))
      this.#child.send(job)
    })
  }

  async close(): Promise<void> {
    await this.#child.kill()
  }
}
