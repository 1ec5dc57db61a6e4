import { assert, err, type Result } from '@rinha/base'
import { requestIdMax } from '../limits.ts'
import type { ReplyMessage } from '../messages.ts'
import type { ChannelRequestKind, ChannelRequestProblem, ChannelRequests } from '../port.ts'

type Answer<Kind extends ChannelRequestKind> = Result<ChannelRequests[Kind]['result'], ChannelRequestProblem>

interface Pending {
  readonly kind: ChannelRequestKind
  readonly answer: (answer: Answer<never>) => void
  readonly timer: NodeJS.Timeout
}

/**
 * The requests that wait for a reply. Each is answered exactly once: by its reply, by its deadline, or by the loss of
 * the connection, whichever comes first. A reply that comes after its deadline finds nobody and is dropped.
 */
export class PendingRequests {
  readonly #countMax: number
  readonly #timeoutMs: number
  readonly #byId = new Map<number, Pending>()
  #nextId = 0

  constructor(countMax: number, timeoutMs: number) {
    this.#countMax = countMax
    this.#timeoutMs = timeoutMs
  }

  get full(): boolean {
    return this.#byId.size >= this.#countMax
  }

  /** Registers a request and gives its id to `send`. */
  add<Kind extends ChannelRequestKind>(kind: Kind, send: (id: number) => void): Promise<Answer<Kind>> {
    assert(!this.full, 'requests are counted before they are added')
    const id = this.#freeId()
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.#settle(id, unavailable(`no reply within ${this.#timeoutMs} ms`))
      }, this.#timeoutMs)
      this.#byId.set(id, { kind, answer: resolve as Pending['answer'], timer })
      send(id)
    })
  }

  /** False where the reply is of another kind than its request was: the peer is not in its right mind. */
  onReply({ id, kind, result }: ReplyMessage): boolean {
    const pending = this.#byId.get(id)
    if (pending === undefined) return true
    if (pending.kind !== kind) return false
    this.#settle(id, (result.ok ? result : err({ kind: 'refused', reason: result.error })) as Answer<never>)
    return true
  }

  failAll(reason: string): void {
    for (const id of [...this.#byId.keys()]) this.#settle(id, unavailable(reason))
  }

  #settle(id: number, answer: Answer<never>): void {
    const pending = this.#byId.get(id)
    if (pending === undefined) return
    this.#byId.delete(id)
    clearTimeout(pending.timer)
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
