import { playRun } from '@rinha/simulator'
import type { Job } from './plan.ts'

/** Plays one job for each message; it ends with its parent. */
process.on('message', (job: Pick<Job, 'schedule' | 'candidate'>) => {
  process.send?.(playRun(job.schedule, job.candidate))
})
