import { workerModule } from '@rinha/service'
import type { RunResult } from '@rinha/simulator'
import { withPlayers } from '../player.ts'
import type { Job } from './plan.ts'

/**
 * Plays all jobs and answers with their results in the order of the jobs, whatever the number of players: each run is a
 * world of its own, so it does not matter which player plays it.
 */
export async function playAll(
  jobs: readonly Job[],
  workerCount: number,
  onPlayed: (playedCount: number, result: RunResult) => void,
): Promise<readonly RunResult[]> {
  const results: RunResult[] = []
  const left = jobs.entries()
  let playedCount = 0
  const playOn = async (play: (job: Job) => Promise<RunResult>) => {
    // All players share one iterator, so each takes the next job that no other has taken.
    for (const [index, job] of left) {
      const result = await play(job)
      results[index] = result
      playedCount += 1
      onPlayed(playedCount, result)
    }
  }
  const program = workerModule('lab', import.meta.url)
  await withPlayers<Job, RunResult, unknown>(Math.min(workerCount, jobs.length), program, plays =>
    Promise.all(plays.map(playOn)),
  )
  return results
}
