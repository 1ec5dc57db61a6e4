import { assert, type Cancel, err, type Timers } from '@rinha/base'
import { requestIdMax } from '../limits.ts'
import type { ReplyMessage } from '../messages.ts'
import type { ChannelAnswer, ChannelRequestKind, ChannelRequestProblem } from '../port.ts'

interface Pending {
  readonly kind: ChannelRequestKind
  readonly answer: (answer: ChannelAnswer<never>) => void
  readonly cancelTimer: Cancel
  /** Asks it again on another connection; undefined: it is asked once. */
  readonly askAgain: (() => void) | undefined
}

interface Asking {
  /** How long the coordinator is asked to wait. */
  readonly waitMs: number
  /** Whether it outlives a connection. */
  readonly isAskedAgain: boolean
}

/**
 * The requests that wait for a reply. Each is answered exactly once: by its reply, by its deadline, or by the loss of
 * the connection, whichever comes first; where it may be asked again, the loss of a connection does not answer it. A reply that comes after its deadline finds nobody and is dropped.
 */
export class PendingRequests {
  readonly #countMax: number
  readonly #timeoutMs: number
  readonly #timers: Timers
  readonly #byId = new Map<number, Pending>()
  #nextId = 0
  /** Requests that wait for the end of a payment do not count towards the limit here. Their caller limits them. */
  #endingCount = 0

  constructor(countMax: number, timeoutMs: number, timers: Timers) {
    this.#countMax = countMax
    this.#timeoutMs = timeoutMs
    this.#timers = timers
  }

  get full(): boolean {
    return this.#byId.size - this.#endingCount >= this.#countMax
  }

  /** Registers a request, gives its id to `send`, and answers it. */
  add<Kind extends ChannelRequestKind>(
    kind: Kind,
    answer: (answer: ChannelAnswer<Kind>) => void,
    send: (id: number) => void,
    { waitMs, isAskedAgain }: Asking = { waitMs: 0, isAskedAgain: false },
  ): number {
    assert(kind === 'ending' || !this.full, 'requests are counted before they are added')
    const id = this.#freeId()
    const timeoutMs = this.#timeoutMs + waitMs
    const cancelTimer = this.#timers.after(timeoutMs, () => {
      this.#settle(id, unavailable(`no reply within ${timeoutMs} ms`))
    })
    if (kind === 'ending') this.#endingCount += 1
    const askAgain = isAskedAgain ? () => send(id) : undefined
    this.#byId.set(id, { kind, answer: answer as Pending['answer'], cancelTimer, askAgain })
    send(id)
    return id
  }

  /** Forgets a request: whether it was waiting for its reply. */
  cancel(id: number): boolean {
    return this.#take(id) !== undefined
  }

  /** False if the reply's kind is not the request's: the peer breaks the protocol. */
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

  /** A connection is lost. */
  failLost(reason: string): void {
    for (const [id, { askAgain }] of [...this.#byId])
      if (askAgain === undefined) this.#settle(id, unavailable(reason))
  }

  /** The next connection is made. */
  askAgain(): void {
    for (const { askAgain } of this.#byId.values()) askAgain?.()
  }

  failAll(reason: string): void {
    for (const id of [...this.#byId.keys()]) this.#settle(id, unavailable(reason))
  }

  #settle(id: number, answer: ChannelAnswer<never>): void {
    this.#take(id)?.answer(answer)
  }

  #take(id: number): Pending | undefined {
    const pending = this.#byId.get(id)
    if (pending === undefined) return undefined
    this.#byId.delete(id)
    if (pending.kind === 'ending') this.#endingCount -= 1
    pending.cancelTimer()
    return pending
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
