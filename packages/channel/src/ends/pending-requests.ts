import { assert, type Cancel, err, type Timers } from '@rinha/base'
import { requestIdMax } from '../limits.ts'
import type { ReplyMessage } from '../messages.ts'
import type { ChannelAnswer, ChannelRequestKind, ChannelRequestProblem } from '../port.ts'

interface Pending {
  readonly kind: ChannelRequestKind
  readonly answer: (answer: ChannelAnswer<never>) => void
  readonly cancelTimer: Cancel
}

/**
 * The requests that wait for a reply. Each is answered exactly once: by its reply, by its deadline, or by the loss of
 * the connection, whichever comes first. A reply that comes after its deadline finds nobody and is dropped.
 */
export class PendingRequests {
  readonly #countMax: number
  readonly #timeoutMs: number
  readonly #timers: Timers
  readonly #byId = new Map<number, Pending>()
  #nextId = 0

  constructor(countMax: number, timeoutMs: number, timers: Timers) {
    this.#countMax = countMax
    this.#timeoutMs = timeoutMs
    this.#timers = timers
  }

  get full(): boolean {
    return this.#byId.size >= this.#countMax
  }

  /** Registers a request and gives its id to `send`. */
  add<Kind extends ChannelRequestKind>(
    kind: Kind,
    answer: (answer: ChannelAnswer<Kind>) => void,
    send: (id: number) => void,
  ): void {
    assert(!this.full, 'requests are counted before they are added')
    const id = this.#freeId()
    const cancelTimer = this.#timers.after(this.#timeoutMs, () => {
      this.#settle(id, unavailable(`no reply within ${this.#timeoutMs} ms`))
    })
    this.#byId.set(id, { kind, answer: answer as Pending['answer'], cancelTimer })
    send(id)
  }

  /** False where the reply is of another kind than its request was: the peer is not in its right mind. */
  onReply({ id, kind, result }: ReplyMessage): boolean {
    const pending = this.#byId.get(id)
    if (pending === undefined) return true
    if (pending.kind !== kind) return false
    this.#settle(
      id,
      (result.ok ? result : err({ kind: 'refused', reason: result.error })) as ChannelAnswer<never>,
    )
    return true
  }

  failAll(reason: string): void {
    for (const id of [...this.#byId.keys()]) this.#settle(id, unavailable(reason))
  }

  #settle(id: number, answer: ChannelAnswer<never>): void {
    const pending = this.#byId.get(id)
    if (pending === undefined) return
    this.#byId.delete(id)
    pending.cancelTimer()
    pending.answer(answer)
  }

  #freeId(): number {
    do {
      this.#nextId = this.#nextId === requestIdMax ? 0 : this.#nextId + 1
    } while (this.#byId.has(this.#nextId))
    return this.#nextId
  }
}

export function unavailable(reason: string): { readonly ok: false; readonly error: ChannelRequestProblem } {
  return err({ kind: 'unavailable', reason })
}
