import type { Attention, QueueStatus } from '@rinha/engine'
import type { Decision } from './decision.ts'
import { EventLimiter, type TellEvent } from './event-limiter.ts'
import { LaneWatch } from './lane-watch.ts'
import type { OperatorEvent } from './operator-event.ts'
import type { CoordinatorStatus, FactLog } from './ports.ts'
import { waitingReason } from './waiting-reason.ts'

/** A backlog begins where either is reached, */
export const backlogCountMin = 1000
export const backlogAgeMsMin = 2000
/** and is gone where neither of these is. */
const backlogGoneCount = 100
const backlogGoneAgeMs = 500
/** An attempt, the look-ups after it and a repeat take less, unless the processor does not answer. */
export const unknownAgeMsMax = 30_000
/**
 * How often the list for a person is made. It looks at payments in flight and at a part of the queue, which takes at most
 * 0.5 ms.
 */
export const attentionLookMs = 5000
export const attentionQueuedCountMax = 10_000
/** The number of reasons that are remembered as reported. Beyond it, a reason may be reported again. */
const reasonCountMax = 100

/** The state that is compared with the next one. */
export interface Look {
  readonly status: CoordinatorStatus
  readonly attention: () => Attention
  readonly isRoomShort: boolean
  readonly isLookingUpFirst: boolean
  readonly journalFailure: FactLog['failure']
  readonly isReplicated: boolean
}

/**
 * Finds what an operator should know by comparing what the engine reports from time to time: the engine has no hooks for
 * it, and no payment pays for it. What no report shows (a purge, a node, a rejection, an order) is handed over as it happens.
 */
export class OperatorWatch {
  readonly #lanes = new LaneWatch()
  readonly #limiter: EventLimiter
  readonly #remember: (decision: Decision) => void
  readonly #openedCounts = new Map<string, number>()
  readonly #open = new Set<string>()
  readonly #reasons = new Set<string>()
  #nodes: ReadonlySet<string> = new Set()
  /** The troubles that have begun and not ended. */
  readonly #troubles = new Set<OperatorEvent['kind']>()
  #backlogAtMs = 0
  #failureCode: string | undefined
  #attentionCount = 0
  #attentionAtMs = Number.NEGATIVE_INFINITY

  /** `remember` gets every event at once, and also the reasons why payments go where they go. */
  constructor(tell: TellEvent, remember: (decision: Decision) => void) {
    this.#limiter = new EventLimiter(tell)
    this.#remember = remember
  }

  look(look: Look, nowMs: number): void {
    const { status, isRoomShort, isLookingUpFirst } = look
    const { keptCount, acceptedCountMax } = status
    const add = (event: OperatorEvent) => this.add(event, nowMs)
    for (const lane of status.processors) this.#lookAtCircuit(lane, add)
    this.#lanes.look(status, nowMs, this.#remember)
    this.#lookAtBacklog(status, nowMs, add)
    this.#lookAtUnknown(status, add)
    this.#lookAtJournal(look, add)
    if (this.#turns('room', isRoomShort))
      add({ kind: 'room', state: isRoomShort ? 'short' : 'there', keptCount, acceptedCountMax })
    const { predictedWaitMs, retryAfterSeconds } = status
    if (this.#turns('admission', retryAfterSeconds > 0))
      add({ kind: 'admission', state: retryAfterSeconds > 0 ? 'closed' : 'open', predictedWaitMs })
    if (this.#turns('predecessor', isLookingUpFirst))
      add({ kind: 'predecessor', state: isLookingUpFirst ? 'heard' : 'over' })
    if (nowMs >= this.#attentionAtMs) {
      this.#attentionAtMs = nowMs + attentionLookMs
      this.#lookAtAttention(look.attention(), add)
    }
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
    this.#remember(event)
    this.#limiter.add(event, nowMs)
  }

  /** A circuit that opened and closed between two checks is reported with both events. */
  #lookAtCircuit(lane: QueueStatus['processors'][number], add: (event: OperatorEvent) => void): void {
    const { name: processor, lastFailure: reason, openedCount } = lane
    const way = lane.wayStatus === null ? {} : { wayStatus: lane.wayStatus }
    const isOpen = lane.circuit !== 'closed'
    const hasOpened = openedCount !== (this.#openedCounts.get(processor) ?? 0)
    const wasOpen = this.#open.has(processor)
    this.#openedCounts.set(processor, openedCount)
    if (hasOpened && !wasOpen) add({ kind: 'circuit', state: 'open', processor, reason })
    if (!isOpen && (wasOpen || hasOpened))
      add({ kind: 'circuit', state: 'closed', processor, reason, ...way })
    if (isOpen) this.#open.add(processor)
    else this.#open.delete(processor)
  }

  #lookAtBacklog(status: QueueStatus, nowMs: number, add: (event: OperatorEvent) => void): void {
    const { queuedCount, oldestQueuedAgeMs } = status
    const begins = queuedCount >= backlogCountMin || oldestQueuedAgeMs >= backlogAgeMsMin
    const ends = queuedCount <= backlogGoneCount && oldestQueuedAgeMs <= backlogGoneAgeMs
    const hasBacklog = this.#troubles.has('backlog') ? !ends : begins
    if (!this.#turns('backlog', hasBacklog)) return
    if (hasBacklog) this.#backlogAtMs = nowMs
    const figures = { kind: 'backlog', queuedCount, oldestQueuedAgeMs } as const
    if (hasBacklog) add({ ...figures, state: 'above', reason: waitingReason(status) })
    else add({ ...figures, state: 'gone', lastedMs: Math.round(nowMs - this.#backlogAtMs) })
  }

  #lookAtUnknown(
    { unknownCount, oldestUnknownAgeMs }: QueueStatus,
    add: (event: OperatorEvent) => void,
  ): void {
    const isOld = oldestUnknownAgeMs >= unknownAgeMsMax
    if (!this.#turns('unknown', isOld)) return
    add({ kind: 'unknown', state: isOld ? 'old' : 'gone', unknownCount, oldestUnknownAgeMs })
  }

  /** A failure whose reason changes is reported again. */
  #lookAtJournal({ journalFailure, isReplicated }: Look, add: (event: OperatorEvent) => void): void {
    if (journalFailure?.code === this.#failureCode) return
    this.#failureCode = journalFailure?.code
    const [state, reason] = journalFailure
      ? (['fails', journalFailure.words] as const)
      : (['works', null] as const)
    add({ kind: 'journal', state, setting: isReplicated ? 'LOG_SERVERS' : 'JOURNAL_DIR', reason })
  }

  #lookAtAttention({ attentionCount, attention }: Attention, add: (event: OperatorEvent) => void): void {
    const before = this.#attentionCount
    this.#attentionCount = attentionCount
    const hasEnded = attentionCount === 0 && before > 0
    if (attentionCount <= before && !hasEnded) return
    const { correlationId = null, reason = null } = attention[0] ?? {}
    add({ kind: 'attention', state: hasEnded ? 'empty' : 'grew', attentionCount, correlationId, reason })
  }

  /** Whether a trouble begins or ends now. */
  #turns(trouble: OperatorEvent['kind'], isOn: boolean): boolean {
    if (this.#troubles.has(trouble) === isOn) return false
    if (isOn) this.#troubles.add(trouble)
    else this.#troubles.delete(trouble)
    return true
  }
}
