import { workerModule } from '@rinha/service'
import { playRun, type RunResult } from '@rinha/simulator'
import { Player } from '../player.ts'
import type { Job } from './plan.ts'

/** What a player is told of a job. */
export type PlayedJob = Pick<Job, 'schedule' | 'candidate'>

/**
 * Plays all jobs and answers with their results in the order of the jobs, whatever the number of processes: each run is a
 * world of its own, so that who plays it changes nothing. With one it is this process that plays.
 */
export async function playAll(
  jobs: readonly Job[],
  workerCount: number,
  onPlayed: (playedCount: number, result: RunResult) => void,
): Promise<readonly RunResult[]> {
  const results: RunResult[] = []
  const queue = jobs.entries()
  let playedCount = 0
  const playOn = async (play: (job: PlayedJob) => Promise<RunResult>) => {
    for (const [index, { schedule, candidate }] of queue) {
      const result = await play({ schedule, candidate })
      results[index] = result
      playedCount += 1
      onPlayed(playedCount, result)
    }
  }
  const playerCount = Math.min(workerCount, jobs.length)
  if (playerCount <= 1) {
    await playOn(async ({ schedule, candidate }) => {
      // Lets progress be written.
      await new Promise(resolve => setImmediate(resolve))
      return playRun(schedule, candidate)
    })
    return results
  }
  const program = workerModule('lab', import.meta.url)
  const players = Array.from({ length: playerCount }, () => new Player<PlayedJob, RunResult>(program))
  try {
    await Promise.all(players.map(player => playOn(job => player.play(job))))
  } finally {
    await Promise.all(players.map(player => player.close()))
  }
  return results
}
