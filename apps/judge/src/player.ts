import { Child, type NodeModule } from '@rinha/service'

/**
 * Does work with so many processes of a program, each of which plays one job at a time, and leaves none of them behind. An
 * error in there is a bug of the simulator's: its lines are written, and the play rejects.
 */
export async function withPlayers<Job extends object, Result, T>(
  count: number,
  program: NodeModule,
  work: (plays: readonly ((job: Job) => Promise<Result>)[]) => Promise<T>,
): Promise<T> {
  const players = Array.from({ length: count }, (_, index) => {
    let onResult: (result: Result) => void = () => {}
    const child = new Child({
      name: `player ${index + 1}`,
      program,
      hasOwnGroup: false,
      onLine: line => process.stderr.write(`${line}\n`),
      onMessage: result => onResult(result as Result),
    })
    const play = (job: Job) =>
      new Promise<Result>((resolve, reject) => {
        onResult = resolve
        child.ended.then(({ words }) => reject(new Error(words)))
        child.send(job)
      })
    return { child, play }
  })
  try {
    return await work(players.map(({ play }) => play))
  } finally {
    await Promise.all(players.map(({ child }) => child.kill()))
  }
}
