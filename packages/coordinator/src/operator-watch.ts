import type { QueueStatus } from '@rinha/engine'
import { EventLimiter, type TellEvent } from './event-limiter.ts'
import type { OperatorEvent } from './operator-event.ts'

/** A backlog begins where either is reached, */
export const backlogCountMin = 1000
export const backlogAgeMsMin = 2000
/** and is gone where neither of these is. */
const backlogGoneCount = 100
const backlogGoneAgeMs = 500
/** An attempt, the look-ups after it and a repeat take less, unless the processor does not answer. */
export const unknownAgeMsMax = 30_000
/** Reasons told before are remembered up to here: past it one may be told again. */
const reasonCountMax = 100

/**
 * Finds what an operator should know by comparing what the engine reports from time to time: the engine has no hooks for
 * it, and no payment pays for it. What no report shows (a purge, a node, a rejection) is handed over as it happens.
 */
export class OperatorWatch {
  readonly #limiter: EventLimiter
  readonly #openedCounts = new Map<string, number>()
  readonly #open = new Set<string>()
  readonly #reasons = new Set<string>()
  #nodes: ReadonlySet<string> = new Set()
  #hasBacklog = false
  #hasOldUnknown = false

  constructor(tell: TellEvent) {
    this.#limiter = new EventLimiter(tell)
  }

  look(status: QueueStatus, nowMs: number): void {
    const add = (event: OperatorEvent) => this.add(event, nowMs)
    for (const lane of status.processors) this.#lookAtCircuit(lane, add)
    this.#lookAtBacklog(status, add)
    this.#lookAtUnknown(status, add)
    this.#limiter.look(nowMs)
  }

  /** The nodes connected now. */
  nodesChanged(names: readonly string[], nowMs: number): void {
    const before = this.#nodes
    this.#nodes = new Set(names)
    for (const node of this.#nodes)
      if (!before.has(node)) this.add({ kind: 'node', state: 'connected', node }, nowMs)
    for (const node of before)
      if (!this.#nodes.has(node)) this.add({ kind: 'node', state: 'gone', node }, nowMs)
  }

  rejected(reason: string, correlationId: () => string, nowMs: number): void {
    if (this.#reasons.has(reason)) return
    if (this.#reasons.size < reasonCountMax) this.#reasons.add(reason)
    this.add({ kind: 'rejected', reason, correlationId: correlationId() }, nowMs)
  }

  add(event: OperatorEvent, nowMs: number): void {
    this.#limiter.add(event, nowMs)
  }

  /** One that opened and closed between two looks is told of with both. */
  #lookAtCircuit(lane: QueueStatus['processors'][number], add: (event: OperatorEvent) => void): void {
    const { name: processor, lastFailure: reason, openedCount } = lane
    const isOpen = lane.circuit !== 'closed'
    const hasOpened = openedCount !== (this.#openedCounts.get(processor) ?? 0)
    const wasOpen = this.#open.has(processor)
    this.#openedCounts.set(processor, openedCount)
    if (hasOpened && !wasOpen) add({ kind: 'circuit', state: 'open', processor, reason })
    if (!isOpen && (wasOpen || hasOpened)) add({ kind: 'circuit', state: 'closed', processor, reason })
    if (isOpen) this.#open.add(processor)
    else this.#open.delete(processor)
  }

  #lookAtBacklog({ queuedCount, oldestQueuedAgeMs }: QueueStatus, add: (event: OperatorEvent) => void): void {
    const begins = queuedCount >= backlogCountMin || oldestQueuedAgeMs >= backlogAgeMsMin
    const ends = queuedCount <= backlogGoneCount && oldestQueuedAgeMs <= backlogGoneAgeMs
    if (this.#hasBacklog ? !ends : !begins) return
    this.#hasBacklog = !this.#hasBacklog
    const state = this.#hasBacklog ? 'above' : 'gone'
    add({ kind: 'backlog', state, queuedCount, oldestQueuedAgeMs })
  }

  #lookAtUnknown(
    { unknownCount, oldestUnknownAgeMs }: QueueStatus,
    add: (event: OperatorEvent) => void,
  ): void {
    const isOld = oldestUnknownAgeMs >= unknownAgeMsMax
    if (isOld === this.#hasOldUnknown) return
    this.#hasOldUnknown = isOld
    add({ kind: 'unknown', state: isOld ? 'old' : 'gone', unknownCount, oldestUnknownAgeMs })
  }
}
