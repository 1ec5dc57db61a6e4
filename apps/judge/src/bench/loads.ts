import { randomBytes } from 'node:crypto'
import { Child, workerModule } from '@rinha/service'
import { percentile } from '../score/percentile.ts'
import type { Loaded } from './block.ts'
import type { SteadyPlan, SteadyResult } from './load-plan.ts'
import { wrk } from './wrk.ts'

const readyMsMax = 20_000

/** The process that makes the steady load: one for all blocks, so that its code is warm. */
export class SteadyProcess {
  readonly #child: Child
  #onResult: (result: SteadyResult) => void = () => {}

  private constructor() {
    this.#child = new Child({
      name: 'the load',
      program: workerModule('steady-load', import.meta.url),
      onLine: line => process.stderr.write(`${line}\n`),
      onMessage: message => this.#onResult(message as SteadyResult),
    })
  }

  static async start(): Promise<SteadyProcess> {
    const started = new SteadyProcess()
    await started.#child.ready(readyMsMax)
    return started
  }

  async play(origin: string, perSecond: number, seconds: number): Promise<Loaded> {
    const plan: SteadyPlan = { origin, perSecond, lengthMs: seconds * 1000, run: newRun() }
    const { latenciesMs, failedCount, cpuMs } = await new Promise<SteadyResult>((resolve, reject) => {
      this.#onResult = resolve
      this.#child.ended.then(({ words }) => reject(new Error(words)))
      this.#child.send(plan)
    })
    const [p50Ms = 0, p99Ms = 0, p999Ms = 0] = [0.5, 0.99, 0.999].map(part => percentile(latenciesMs, part))
    return {
      ...{ p50Ms, p99Ms, p999Ms, failedCount, cpuMs },
      acceptedCount: latenciesMs.length,
      lengthMs: plan.lengthMs,
    }
  }

  async stop(): Promise<void> {
    await this.#child.kill()
  }
}

export async function mostPayments(origin: string, seconds: number): Promise<Loaded> {
  return { ...(await wrk(origin, seconds, newRun())), cpuMs: Number.NaN }
}

function newRun(): string {
  return randomBytes(10).toString('hex')
}
