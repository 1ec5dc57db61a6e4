import { randomInt } from 'node:crypto'
import { type replayOperations, replaySampleCountMax } from '@rinha/admin-api'
import type { Handlers } from '@rinha/openapi'
import type { ReplayOptions } from '@rinha/replay'
import { Child, workerModule } from '@rinha/service'
import type { CoordinatorSettings } from '../settings.ts'

export type ReplayJob = Omit<ReplayOptions, 'onEntry'> & { readonly directory: string }
export type ReplayOutcome =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly words: string }

const replayMsMax = 300_000
/** Limits JavaScript's heap. The rows lie outside it, as those of the coordinator do. */
const heapFlag = '--max-old-space-size=96'

/** Replays the journal when somebody asks, one at a time, in a process that ends with its answer, so that it costs the engine neither time nor memory. */
export class Replays {
  readonly #job: ReplayJob
  #running: Promise<ReplayOutcome> | undefined
  #child: Child | undefined

  constructor({ JOURNAL_DIR, PAYMENT_COUNT_MAX }: CoordinatorSettings) {
    this.#job = {
      directory: JOURNAL_DIR,
      paymentCountMax: PAYMENT_COUNT_MAX,
      hashSeed: randomInt(2 ** 31),
      sampleCountMax: replaySampleCountMax,
    }
  }

  readonly handlers: Handlers<typeof replayOperations> = {
    getReplay: async () => {
      if (this.#job.directory === '')
        return { problem: 'wrong-state', detail: 'There is no journal (JOURNAL_DIR) to replay.' }
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined
      })
      const outcome = await this.#running
      return outcome.ok
        ? { status: 200, body: outcome.text }
        : { problem: 'unavailable', detail: `The journal cannot be replayed now: ${outcome.words}` }
    },
  }

  async close(): Promise<void> {
    await this.#child?.kill()
  }

  async #run(): Promise<ReplayOutcome> {
    let onOutcome: (outcome: ReplayOutcome) => void = () => {}
    const outcome = new Promise<ReplayOutcome>(resolve => {
      onOutcome = resolve
    })
    const program = workerModule('replay', import.meta.url)
    const child = new Child({
      name: 'the replay',
      program: { ...program, execArgv: [...(program.execArgv ?? []), heapFlag] },
      onMessage: message => onOutcome(message as ReplayOutcome),
    })
    this.#child = child
    const deadline = setTimeout(() => child.kill(), replayMsMax)
    child.send(this.#job)
    try {
      return await Promise.race([outcome, child.ended.then(({ words }) => ({ ok: false, words }) as const)])
    } finally {
      clearTimeout(deadline)
      await child.kill()
    }
  }
}
