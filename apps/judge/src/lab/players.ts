import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
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
  const work = (player: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      let index = -1
      const next = () => {
        index = nextIndex
        nextIndex += 1
        const job = jobs[index]
        if (job === undefined) return resolve()
        player.send({ schedule: job.schedule, candidate: job.candidate })
      }
      player.on('message', (result: RunResult) => {
        played(index, result)
        next()
      })
      player.once('error', reject)
      player.once('exit', (code, signal) =>
        reject(new Error(`a player of the laboratory ended early (${signal ?? `exit code ${code}`})`)),
      )
      next()
    })
  const players = Array.from({ length: playerCount }, startPlayer)
  try {
    await Promise.all(players.map(work))
  } finally {
    for (const player of players) player.disconnect()
  }
  return results
}

/** Beside the bundle where this is one; beside this file and through tsx where it is source. */
function startPlayer(): ChildProcess {
  const source = fileURLToPath(new URL('./lab.worker.ts', import.meta.url))
  if (!existsSync(source)) return fork(fileURLToPath(new URL('./lab.worker.mjs', import.meta.url)))
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return fork(source, { execArgv: ['--import', pathToFileURL(tsx).href] })
}
