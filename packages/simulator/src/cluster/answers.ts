import { type AckLevel, ackLevels, reaches } from '@rinha/node'
import type { AdmissionChecker } from './admission-checker.ts'
import type { CheckersContext } from './checkers.ts'
import type { HttpAnswer, HttpExchange } from './http.ts'
import type { NodeChannel } from './node-channel.ts'
import { forgetsWhatLeaves } from './plan.ts'
import type { Posted } from './posted.ts'

/** A client's post. */
interface Post {
  readonly payment: Posted
  readonly isConflict: boolean
  readonly wasKnown: boolean
}

/** Rounding, where a wait is compared with its limit. */
const slackMs = 0.01

/**
 * Checks each answer of a node to a post at the moment of the answer:
 *
 *   - 202: the node has taken the payment, and the level is at least the lowest one allowed.
 *   - A level below the one asked for: `ackWaitMsMax` have passed since the node took the payment, or there is no journal.
 *   - `received`: the payment is written, if there is a connection that takes it.
 *   - `queued`: the coordinator knows the payment, or has ended since the node took it.
 *   - `journaled`: there is a journal. {@link Checkers} checks that the next coordinator finds the payment in it. A replicated
 *     log has it at that moment.
 *   - `replicated`: the same, and there is such a log.
 *   - 409: the post has another amount than the payment with its id, or that payment may have been rejected. The client asked
 *     for a level at which the coordinator answers. A post with another amount gets no 202 at such a level.
 *   - 503: the buffer is not empty, or the coordinator is short of room or its queue too long, or the wait for the lowest level is over.
 *
 * The promised level is kept with the payment ({@link Posted.promised}), for checks after a process has died.
 */
export class AnswerChecker {
  readonly #context: CheckersContext
  readonly #goneAtMs: () => number
  readonly #admission: AdmissionChecker

  constructor(context: CheckersContext, goneAtMs: () => number, admission: AdmissionChecker) {
    this.#admission = admission
    this.#context = context
    this.#goneAtMs = goneAtMs
  }

  /** Whether nothing that may happen in this run makes the coordinator forget a payment that it has. */
  isKnownForGood(payment: Posted): boolean {
    const { plan, coordinator } = this.#context
    const { crashes, journal, intruder, purges, losesDisk } = plan
    if (losesDisk || forgetsWhatLeaves(plan)) return false
    if (purges || payment.forgotten || (crashes && intruder !== 'none')) return false
    if (this.#context.log !== undefined || crashes) return journal && isKept(payment.promised)
    return (coordinator()?.engine.status(payment.correlationId).state ?? 'absent') !== 'absent'
  }

  /**
   * `isConflict`: the post has another amount than the payment, which is known for good. `wasKnown`: it was known for good
   * before the node had the post.
   */
  onAnswer(
    { payment, isConflict, wasKnown }: Post,
    asked: AckLevel | undefined,
    node: NodeChannel,
    exchange: HttpExchange,
    answer: HttpAnswer,
  ): void {
    const waitedMs = this.#context.world.nowMs - exchange.wholeAtMs
    if (waitedMs > this.#waitMsMax + slackMs) {
      this.#blame('bounds', payment, `is answered after ${waitedMs} ms`)
    }
    if (answer.status === 503) {
      if (answer.body.includes('QUEUE_WAIT_MS_MAX')) this.#admission.onRefused(payment, node, wasKnown)
      return this.#on503(payment, node, exchange, answer, waitedMs)
    }
    if (answer.status === 409) return this.#on409(payment, isConflict, asked, exchange)
    if (answer.status !== 202)
      this.#blame('protocol', payment, `is answered ${answer.status}: ${answer.body}`)
    if (exchange.taken !== true) this.#blame('conservation', payment, 'is answered 202 and was not taken')
    const level = levelOf(answer)
    if (level === undefined) this.#blame('protocol', payment, 'is answered 202 without a level')
    this.#checkWait(payment, asked, level, waitedMs)
    if (isConflict) {
      if (level !== 'received' && (isKept(level) || !node.isAstray))
        this.#blame('protocol', payment, `has another amount, and is told ${level}`)
      return
    }
    this.#checkLevel(payment, level, node, exchange)
    payment.toldBy |= 1 << node.index
  }

  /** If the queue may be too long, the coordinator may be asked first. */
  get #waitMsMax(): number {
    const { ackWaitMsMax, queueWaitMsMax, requestTimeoutMs } = this.#context.plan
    return ackWaitMsMax + (queueWaitMsMax > 0 ? requestTimeoutMs : 0)
  }

  #on409(payment: Posted, isConflict: boolean, asked: AckLevel | undefined, exchange: HttpExchange): void {
    const { plan, tally } = this.#context
    tally.faults['told 409'] += 1
    // A forgotten one may have been settled before: the processor then says that it has it, and it is rejected.
    const mayBeRejected = payment.kind === 'poison' || payment.kind === 'foreign' || payment.forgotten
    const mayBeConflict = isConflict || mayBeRejected
    const level = asked ?? plan.ackLevel
    const isAsked = level !== 'received' || plan.ackLevelMin !== 'received'
    if (!mayBeConflict || !isAsked || exchange.taken !== true)
      this.#blame('protocol', payment, 'is answered 409 and is no conflict')
  }

  #on503(
    payment: Posted,
    node: NodeChannel,
    exchange: HttpExchange,
    answer: HttpAnswer,
    waitedMs: number,
  ): void {
    const { plan, tally } = this.#context
    if (answer.headers['retry-after'] === undefined)
      this.#blame('protocol', payment, 'is answered 503 without Retry-After')
    if (exchange.taken) {
      tally.faults['told 503 by a node that has the payment'] += 1
      const waited = waitedMs >= plan.ackWaitMsMax - slackMs || !plan.journal
      if (plan.ackLevelMin === 'received' || !waited)
        this.#blame('protocol', payment, `was taken, and is answered 503 after ${waitedMs} ms`)
    } else if (node.end?.roomShort === true) {
      tally.faults['told 503 because room is short'] += 1
    } else if (node.end?.unacknowledgedCount === 0 && !answer.body.includes('QUEUE_WAIT_MS_MAX')) {
      this.#blame('protocol', payment, 'is answered 503 by a node that holds nothing')
    }
  }

  #checkWait(payment: Posted, asked: AckLevel | undefined, level: AckLevel, waitedMs: number): void {
    const { plan, tally } = this.#context
    if (!reaches(level, plan.ackLevelMin))
      this.#blame('protocol', payment, `is told ${level}, less than the least`)
    if (reaches(level, asked ?? plan.ackLevel)) return
    tally.faults['told a lower level than was asked for'] += 1
    const noJournal = !plan.journal && level === 'queued'
    if (waitedMs < plan.ackWaitMsMax - slackMs && !noJournal)
      this.#blame('protocol', payment, `is told ${level} after ${waitedMs} ms, less than it asked for`)
  }

  #checkLevel(payment: Posted, level: AckLevel, node: NodeChannel, exchange: HttpExchange): void {
    if (payment.forgotten) return
    if (level === 'received') {
      if (this.#windowsAreOpen && node.canWrite && !node.hasWritten(payment.number))
        this.#blame('conservation', payment, 'is told received and nothing was written')
      return this.#promise(payment, 'received')
    }
    const { plan, log } = this.#context
    if (isKept(level) && !plan.journal)
      this.#blame('conservation', payment, 'is told journaled where there is no journal')
    if (level === 'replicated' && log === undefined)
      this.#blame('conservation', payment, 'is told replicated where there is no replicated log')
    if (isKept(level) && log?.knows(payment.correlationId) === false)
      this.#blame('conservation', payment, `is told ${level}, and the log does not have it`)
    const engine = this.#context.coordinator()?.engine
    if (engine !== undefined && engine.status(payment.correlationId).state !== 'absent')
      return this.#promise(payment, level)
    // A message of a coordinator that has died may still arrive.
    const isMissing = isKept(level) && engine !== undefined
    if (isMissing || this.#goneAtMs() < exchange.wholeAtMs)
      this.#blame('conservation', payment, `is told ${level} and the coordinator does not know it`)
    this.#promise(payment, isKept(level) ? level : 'received')
  }

  #promise(payment: Posted, level: AckLevel): void {
    if (payment.promised === undefined) this.#context.tally.accepted += 1
    if (payment.promised === undefined || reaches(level, payment.promised)) payment.promised = level
  }

  /** Only payments under way can keep a node from writing; neither the room for payments nor the disk or the log can. */
  get #windowsAreOpen(): boolean {
    const { plan } = this.#context
    const mayLogFail = plan.diskTroubleChance > 0 || plan.candidateCount > 0
    return plan.rememberedCountMax >= 1_000_000 && !mayLogFail
  }

  #blame(checker: 'bounds' | 'protocol' | 'conservation', payment: Posted, words: string): never {
    return this.#context.trace.blame(checker, `payment ${payment.number} ${words}`)
  }
}

/** Whether the payment outlives the coordinator that has told this level. */
export function isKept(level: AckLevel | undefined): boolean {
  return level !== undefined && reaches(level, 'journaled')
}

function levelOf(answer: HttpAnswer): AckLevel | undefined {
  const applied = answer.headers['preference-applied']
  return ackLevels.find(level => applied === `ack=${level}`)
}
