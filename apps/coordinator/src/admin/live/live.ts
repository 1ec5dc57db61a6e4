import { historyPageCountMax, type liveOperations } from '@rinha/admin-api'
import type { Time } from '@rinha/base'
import type { CoordinatorStatus } from '@rinha/coordinator'
import type { Handlers } from '@rinha/openapi'
import { Feed, type Source, viewerCountMax } from './feed.ts'
import { SampleRing } from './sample-ring.ts'
import { Sampler } from './sampler.ts'

export interface LiveOptions {
  readonly processors: readonly string[]
  /** HISTORY_SECONDS */
  readonly historyCountMax: number
  readonly sources: readonly Source[]
  readonly status: () => CoordinatorStatus
  /** The fields of the status that `status` events have. */
  readonly bodyOf: (status: CoordinatorStatus) => object
  readonly time: () => Time
}

const tickMs = 1000

/** The samples of the last hour, and the events for viewers. If neither is wanted, nothing runs. */
export class Live {
  readonly handlers: Handlers<typeof liveOperations>
  readonly #options: LiveOptions
  readonly #sampler: Sampler
  readonly #ring: SampleRing
  readonly #feed: Feed
  #ticking: NodeJS.Timeout | undefined

  constructor(options: LiveOptions) {
    this.#options = options
    this.#sampler = new Sampler(options.processors)
    this.#ring = new SampleRing(options.historyCountMax, this.#sampler.columns.length)
    this.#feed = new Feed(options.sources, options.time().wallMs)
    this.handlers = {
      getHistory: ({ query: { afterMs = 0 } }) => {
        const samples = this.#ring.after(afterMs, historyPageCountMax).map(plain)
        return { status: 200, body: { columns: this.#sampler.columns, samples } }
      },
      getEvents: ({ who, mayChange, headers: { 'last-event-id': lastEventId } }) =>
        this.#feed.viewerCount >= viewerCountMax
          ? {
              problem: 'unavailable',
              detail: `${viewerCountMax} look already.`,
              headers: { 'retry-after': '10' },
            }
          : {
              status: 200,
              body: sink => {
                this.#feed.open(sink, { who, mayChange }, lastEventId)
                this.#run()
              },
            },
    }
  }

  start(): void {
    if (this.#options.historyCountMax > 0) this.#run()
  }

  stop(): void {
    clearInterval(this.#ticking)
    this.#ticking = undefined
  }

  #run(): void {
    this.#ticking ??= setInterval(() => this.#tick(), tickMs)
  }

  #tick(): void {
    if (this.#options.historyCountMax === 0 && this.#feed.viewerCount === 0) {
      this.stop()
      return
    }
    const status = this.#options.status()
    const sample = this.#sampler.sample(status, this.#options.time())
    this.#ring.add(sample)
    if (this.#feed.viewerCount > 0)
      this.#feed.tell({ status: this.#options.bodyOf(status), sample: plain(sample) })
  }
}

/** Numbers as JSON has them, with as many digits as anybody reads. */
function plain(sample: readonly number[]): readonly (number | null)[] {
  return sample.map(value => (Number.isNaN(value) ? null : Math.round(value * 10) / 10))
}
