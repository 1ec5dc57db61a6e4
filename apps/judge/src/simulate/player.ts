import { Worker } from 'node:worker_threads'
import type { ClusterReport, PlanOptions } from '@rinha/simulator'

/** Plays one run at a time. */
export interface Player {
  play(options: PlanOptions): Promise<ClusterReport>
  close(): Promise<void>
}

/** A player on a thread of its own. An error in there that is no violation is a bug of the simulator's: it rejects. */
export function startPlayer(file: string): Player {
  const worker = new Worker(file)
  return {
    play: options =>
      new Promise((resolve, reject) => {
        const done = (report: ClusterReport) => {
          worker.off('error', reject)
          resolve(report)
        }
        worker.once('message', done)
        worker.once('error', reject)
        worker.postMessage(options)
      }),
    close: async () => {
      await worker.terminate()
    },
  }
}
