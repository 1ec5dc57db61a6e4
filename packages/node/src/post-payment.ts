import type { ChannelClient } from '@rinha/channel'
import {
  correlationIdBytes,
  type PaymentConflict,
  type PaymentProblem,
  printCorrelationId,
  readPaymentJson,
  shardOf,
} from '@rinha/payment'
import { type AckLevel, reaches } from './ack-level.ts'
import type { Handler, HttpCall } from './http-call.ts'
import { isJsonMediaType } from './media-type.ts'
import type { NodeOptions, NodePorts } from './ports.ts'
import { preferOf, readAckPreference } from './prefer.ts'
import type { Problem } from './problem.ts'
import { readBody } from './read-body.ts'
import { WaitingPayments } from './waiting-payments.ts'

/**
 * `POST /payments`: the hot path. The body is parsed where the server received it, into one target that every payment
 * uses in turn (the channel copies it). From then on this node holds the payment and will deliver it. The 202 comes
 * when the level asked for is reached, and names it. If that takes too long, the 202 names the level that was reached;
 * if that level is too low, the answer is 503, and the payment is still delivered. A payment that was posted before is
 * answered 202 again; the coordinator, which knows them all, makes no second payment of it. A known id that is not this
 * payment's (it has another amount, or was rejected) is answered 409, where the client still waits for the
 * coordinator's word.
 *
 * With several shards each has a channel of its own: one that is away or behind holds up none of the others' payments.
 */
export function postPayment(ports: NodePorts, options: NodeOptions): Handler {
  const { channels, timers } = ports
  const target = { correlationId: new Uint8Array(correlationIdBytes), amountCents: 0 }
  const intakes = channels.map(channel => intakeOf(channel, ports, options))
  return (call, request) => {
    if (!isJsonMediaType(request.getHeader('content-type'))) return call.problem(notJson)
    const wanted = readAckPreference(preferOf(request)) ?? options.ackLevel
    readBody(call, request.getHeader('content-length'), options, timers, body => {
      const problem = readPaymentJson(body, target)
      if (problem !== undefined) return call.problem(badRequest(problem))
      intakes[shardOf(target.correlationId, intakes.length)]?.(call, wanted, target)
    })
  }
}

interface PostedPayment {
  readonly correlationId: Uint8Array
  readonly amountCents: number
}

/**
 * Takes the payments of one shard, each valid only during the call. While the coordinator's queue is too long, the coordinator is
 * asked first: what it knows is posted as ever, and what is new is answered 503.
 */
function intakeOf(
  channel: ChannelClient,
  ports: NodePorts,
  options: NodeOptions,
): (call: HttpCall, wanted: AckLevel, payment: PostedPayment) => void {
  const { ackLevelMin, ackWaitMsMax } = options
  const tooLittle = notReached(options)
  const waiting = new WaitingPayments(ports, ackWaitMsMax, (call, reached) => {
    // The channel may have connected again in this turn. Then the payment is written before its answer.
    if (reached === 'received') channel.flush()
    if (reaches(reached, ackLevelMin)) call.acknowledge(reached)
    else call.problem(tooLittle)
  })
  channel.onAcknowledged((queuedSequence, journaledSequence) => {
    waiting.acknowledged({ queuedSequence, journaledSequence, keptBy: channel.keptBy })
  })
  channel.onConflict((sequence, conflict) => waiting.take(sequence)?.problem(conflictProblem(conflict)))
  return (call, wanted, payment) => {
    if (channel.retryAfterSeconds === 0) return take(call, wanted, payment)
    const { correlationId, amountCents } = payment
    const posted = { correlationId: correlationId.slice(), amountCents }
    whereKnown(channel, posted.correlationId, isKnown =>
      isKnown ? take(call, wanted, posted) : call.problem(queueTooLong(channel.retryAfterSeconds)),
    )
  }

  function take(call: HttpCall, wanted: AckLevel, { correlationId, amountCents }: PostedPayment): void {
    const promised = reaches(wanted, ackLevelMin) ? wanted : ackLevelMin
    const sequence = channel.offerPayment(correlationId, amountCents, promised !== 'received')
    if (sequence === undefined) return call.problem(channel.roomShort ? ledgerFull : bufferFull)
    call.location = `/payments/${printCorrelationId(correlationId)}`
    if (promised !== 'received') return waiting.add(sequence, promised, call)
    // Written before the answer, because written bytes outlive this process.
    channel.flush()
    call.acknowledge('received')
  }
}

/**
 * The queue is too long for a new payment, and one that is known has its place in it: its client gets the answer that it
 * would get at any time. Who cannot be asked about counts as new.
 */
function whereKnown(
  channel: ChannelClient,
  correlationId: Uint8Array,
  tell: (isKnown: boolean) => void,
): void {
  if (channel.holdsPayment(correlationId)) return tell(true)
  channel.request('status', { correlationId }, report => tell(report.ok && report.value.state !== 'absent'))
}

function conflictProblem({ kind, reason }: PaymentConflict): Problem {
  if (kind === 'amount') {
    const detail =
      'This correlationId was posted before with another amount. The earlier payment stays, and this one is not accepted.'
    return { kind: 'conflict', field: 'amount', detail }
  }
  const detail =
    `The payment of this correlationId was rejected (${reason}), and posting it again changes nothing. An operator can have it ` +
    'sent again: npm run payment -- resubmit CORRELATION_ID'
  return { kind: 'conflict', field: 'correlationId', detail }
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

const ledgerFull: Problem = {
  kind: 'unavailable',
  detail:
    'The coordinator has nearly as many payments as it keeps (PAYMENT_COUNT_MAX of the coordinator), and this node has no ' +
    'room there for one more. A purge or a higher limit makes room.',
}

/** The queue may have got shorter while the coordinator was asked: then at once is soon enough, and a second is the least. */
function queueTooLong(retryAfterSeconds: number): Problem {
  return {
    kind: 'unavailable',
    detail:
      'The queue is so long that a new payment would wait longer than the coordinator allows (QUEUE_WAIT_MS_MAX of the ' +
      'coordinator). This one was not taken. Post it again after Retry-After.',
    headers: [['Retry-After', String(Math.max(1, retryAfterSeconds))]],
  }
}

const journalNeeded: { readonly [level in AckLevel]?: string } = {
  journaled: '; the coordinator needs JOURNAL_DIR or LOG_SERVERS',
  replicated: '; the coordinator needs LOG_SERVERS with three servers',
}

function notReached({ ackLevelMin, ackWaitMsMax }: NodeOptions): Problem {
  return {
    kind: 'unavailable',
    detail:
      `This node has the payment and goes on delivering it, but it was not ${ackLevelMin} within ${ackWaitMsMax} ms ` +
      `(ACK_LEVEL_MIN, ACK_WAIT_MS_MAX${journalNeeded[ackLevelMin] ?? ''}). ` +
      'Posting it again is safe: an id is taken once.',
  }
}
