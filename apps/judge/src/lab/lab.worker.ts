import { playRun } from '@rinha/simulator'
import type { PlayedJob } from './players.ts'

/** Plays one job for each message. A process of its own for each core; it ends when nobody is left to play for. */
process.on('message', ({ schedule, candidate }: PlayedJob) => {
  process.send?.(playRun(schedule, candidate))
})
