import type { AnswerOf } from '@rinha/admin-api'
import { call, Refusal } from './api.ts'
import { History } from './history.ts'
import { follow } from './stream.ts'

export type Status = AnswerOf<'getQueueStatus'>
export type Lane = Status['processors'][number]
export type Decision = AnswerOf<'getDecisions'>['entries'][number]
export type Change = AnswerOf<'getAudit'>['entries'][number]

/** An event of the coordinator's log. */
export interface Notice {
  readonly seq: number
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly suppressedCount: number
  readonly event: { readonly kind: string; readonly [field: string]: unknown }
}

/** The most entries that are kept of each list. */
const entryCountMax = 200

/** Everything that the page knows, with the listeners for changes. */
export class Store {
  readonly history = new History()
  status: Status | undefined
  session: { readonly who: string; readonly mayChange: boolean } | undefined
  notices: readonly Notice[] = []
  changes: readonly Change[] = []
  decisions: readonly Decision[] = []
  /** When the last status came, by this machine's clock. */
  heardMs = 0
  /** The reason why no events arrive, if it is known. */
  trouble: Refusal | undefined
  readonly #listeners = new Set<() => void>()
  #isStarted = false

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    follow({
      onOpen: () => {
        this.trouble = undefined
        this.#readHistory().catch(() => {})
      },
      onEvent: (name, data) => this.#take(name, data),
      onClosed: error => {
        this.trouble = error instanceof Refusal ? error : undefined
        this.#changed()
      },
    })
  }

  /** Reads pages until there is no next one. */
  async #readHistory(): Promise<void> {
    let before: number
    do {
      before = this.history.lastMs
      const { columns, samples } = await call<AnswerOf<'getHistory'>>(
        'GET',
        `history?afterMs=${Math.floor(before)}`,
      )
      this.history.columns = columns
      this.history.add(samples)
      this.#changed()
    } while (this.history.lastMs > before)
  }

  #take(name: string, data: unknown): void {
    switch (name) {
      case 'session':
        this.session = data as Store['session']
        break
      case 'status':
        this.status = data as Status
        this.heardMs = Date.now()
        break
      case 'sample':
        // Earlier events are still being read.
        if (this.history.columns.length > 0) this.history.add([data as (number | null)[]])
        break
      case 'notice':
        this.notices = appended(this.notices, data as Notice)
        break
      case 'decision':
        this.decisions = appended(this.decisions, data as Decision)
        break
      case 'change':
        this.changes = appended(this.changes, data as Change)
        break
    }
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** A restarted coordinator counts its events from one again, so new events are recognised by their instant. */
function appended<Entry extends { readonly seq: number; readonly at: string }>(
  entries: readonly Entry[],
  entry: Entry,
): readonly Entry[] {
  if (entries.some(({ seq, at }) => seq === entry.seq && at === entry.at)) return entries
  return [...entries, entry].slice(-entryCountMax)
}
