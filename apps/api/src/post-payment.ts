import type { ChannelClient } from '@rinha/channel'
import { correlationIdBytes, type PaymentProblem, readPaymentJson } from '@rinha/payment'
import type { Handler } from './exchange.ts'
import { isJsonMediaType } from './media-type.ts'
import type { Problem } from './problem.ts'
import { readBody } from './read-body.ts'

/**
 * `POST /payments`: the hot path. The body is parsed where the library received it, into one target that every payment
 * uses in turn (the channel copies it), and is answered before anything else happens: 202 means that this node holds
 * the payment and will deliver it. An id that was posted before is accepted again; the coordinator, which knows them
 * all, makes no second payment of it.
 */
export function postPayment(channel: ChannelClient, bodyBytesMax: number): Handler {
  const target = { correlationId: new Uint8Array(correlationIdBytes), amountCents: 0 }
  return (exchange, request) => {
    if (!isJsonMediaType(request.getHeader('content-type'))) return exchange.problem(notJson)
    readBody(exchange, request.getHeader('content-length'), bodyBytesMax, body => {
      const problem = readPaymentJson(body, target)
      if (problem !== undefined) exchange.problem(badRequest(problem))
      else if (channel.offerPayment(target.correlationId, target.amountCents)) exchange.accept()
      else exchange.problem(bufferFull)
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
  detail: 'The coordinator is behind and this node holds as many payments as it may (BUFFER_COUNT_MAX).',
}
