import { Child, workerModule } from '@rinha/service'
import { playRun, type RunResult } from '@rinha/simulator'
import type { Job } from './plan.ts'

/**
 * Plays all jobs and answers with their results in the order of the jobs, whatever the number of threads: each run is a
 * world of its own, so that who plays it changes nothing.
 */
export async function playAll(
  jobs: readonly Job[],
  workerCount: number,
  onPlayed: (playedCount: number, result: RunResult) => void,
): Promise<readonly RunResult[]> {
  const results: RunResult[] = []
  let nextIndex = 0
  let playedCount = 0
  const played = (index: number, result: RunResult) => {
    results[index] = result
    playedCount += 1
    onPlayed(playedCount, result)
  }
  const playerCount = Math.min(workerCount, jobs.length)
  if (playerCount <= 1) {
    for (const [index, { schedule, candidate }] of jobs.entries()) {
      played(index, playRun(schedule, candidate))
      // Lets progress be written.
      await new Promise(resolve => setImmediate(resolve))
    }
    return results
  }
  const startPlayer = (_: unknown, number: number) => {
    let index = -1
    const next = () => {
      index = nextIndex
      nextIndex += 1
      const job = jobs[index]
      if (job === undefined) player.kill()
      else player.send({ schedule: job.schedule, candidate: job.candidate })
    }
    const player = new Child({
      name: `player ${number} of the laboratory`,
      program: workerModule('lab', import.meta.url),
      hasOwnGroup: false,
      onLine: line => process.stderr.write(`${line}\n`),
      onMessage: result => {
        played(index, result as RunResult)
        next()
      },
    })
    next()
    return player
  }
  const players = Array.from({ length: playerCount }, startPlayer)
  try {
    await Promise.all(
      players.map(async player => {
        const { phase, words } = await player.ended
        if (phase !== 'stopping') throw new Error(words)
      }),
    )
  } finally {
    for (const player of players) player.kill()
  }
  return results
}
