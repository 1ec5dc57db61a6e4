import { Child, type NodeModule } from '@rinha/service'

/** A process that plays one job at a time. An error in there is a bug of the simulator's: its lines are written, and `play` rejects. */
class Player<Job extends object, Result> {
  readonly #child: Child
  #onResult: (result: Result) => void = () => {}

  constructor(name: string, program: NodeModule) {
    this.#child = new Child({
      name,
      program,
      hasOwnGroup: false,
      onLine: line => process.stderr.write(`${line}\n`),
      onMessage: result => this.#onResult(result as Result),
    })
  }

  readonly play = (job: Job): Promise<Result> =>
    new Promise((resolve, reject) => {
      this.#onResult = resolve
      this.#child.ended.then(({ words }) => reject(new Error(words)))
      this.#child.send(job)
    })

  async close(): Promise<void> {
    await this.#child.kill()
  }
}

/** Does work with so many players of a program, and leaves none of them behind. */
export async function withPlayers<Job extends object, Result, T>(
  count: number,
  program: NodeModule,
  work: (plays: readonly ((job: Job) => Promise<Result>)[]) => Promise<T>,
): Promise<T> {
  const players = Array.from(
    { length: count },
    (_, index) => new Player<Job, Result>(`player ${index + 1}`, program),
  )
  try {
    return await work(players.map(({ play }) => play))
  } finally {
    await Promise.all(players.map(player => player.close()))
  }
}
