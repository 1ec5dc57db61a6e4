import type { ChannelClient } from '@rinha/channel'
import { correlationIdBytes, type PaymentProblem, readPaymentJson } from '@rinha/payment'
import { type AckLevel, reaches, readAckPreference } from './ack-level.ts'
import type { Handler } from './exchange.ts'
import { isJsonMediaType } from './media-type.ts'
import type { Problem } from './problem.ts'
import { readBody } from './read-body.ts'
import { WaitingPayments } from './waiting-payments.ts'

export interface PostPaymentOptions {
  readonly bodyBytesMax: number
  /** What a 202 is to mean where the request does not say. */
  readonly level: AckLevel
  /** What it means at least, whatever the request says. */
  readonly levelMin: AckLevel
  /** How long a client waits for its level. */
  readonly waitMsMax: number
}

/**
 * `POST /payments`: the hot path. The body is parsed where the library received it, into one target that every payment
 * uses in turn (the channel copies it). From then on this node holds the payment and will deliver it; the 202 comes
 * when the level asked for is reached, and names it. Where that takes too long it comes with the level there is, or, if
 * that is not enough, 503, which does not take the payment back. An id that was posted before is accepted again; the
 * coordinator, which knows them all, makes no second payment of it.
 */
export function postPayment(channel: ChannelClient, options: PostPaymentOptions): Handler {
  const { bodyBytesMax, level, levelMin, waitMsMax } = options
  const target = { correlationId: new Uint8Array(correlationIdBytes), amountCents: 0 }
  const tooLittle = notReached(options)
  const waiting = new WaitingPayments(waitMsMax, (exchange, reached) => {
    if (reaches(reached, levelMin)) exchange.accept(reached)
    else exchange.problem(tooLittle)
  })
  channel.onAcknowledged((queuedSequence, journaledSequence) => {
    waiting.acknowledged({ queuedSequence, journaledSequence, journaling: channel.journaling === true })
  })
  return (exchange, request) => {
    if (!isJsonMediaType(request.getHeader('content-type'))) return exchange.problem(notJson)
    const wanted = readAckPreference(request.getHeader('prefer')) ?? level
    readBody(exchange, request.getHeader('content-length'), bodyBytesMax, body => {
      const problem = readPaymentJson(body, target)
      if (problem !== undefined) return exchange.problem(badRequest(problem))
      const sequence = channel.offerPayment(target.correlationId, target.amountCents)
      if (sequence === undefined) return exchange.problem(bufferFull)
      const promised = reaches(wanted, levelMin) ? wanted : levelMin
      if (promised !== 'received') return waiting.add(sequence, promised, exchange)
      // Before the answer: what is written outlives this process.
      channel.flush()
      exchange.accept(promised)
    })
  }
}

function badRequest({ field, detail }: PaymentProblem): Problem {
  return { kind: 'bad-request', field, detail }
}

const notJson: Problem = {
  kind: 'not-json',
  detail: 'The Content-Type of a payment is application/json.',
}

const bufferFull: Problem = {
  kind: 'unavailable',
  detail:
    'The coordinator is behind or away, and this node holds payments that it has not acknowledged: as many as it may ' +
    '(BUFFER_COUNT_MAX), or for as long (BUFFER_AGE_MS_MAX).',
}

function notReached({ levelMin, waitMsMax }: PostPaymentOptions): Problem {
  return {
    kind: 'unavailable',
    detail:
      `This node has the payment and goes on delivering it, but it was not ${levelMin} within ${waitMsMax} ms ` +
      `(ACK_LEVEL_MIN, ACK_WAIT_MS_MAX${levelMin === 'journaled' ? '; the coordinator needs JOURNAL_DIR' : ''}). ` +
      'Posting it again is safe: an id is taken once.',
  }
}
