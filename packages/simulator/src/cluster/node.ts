import { err, type Prng, type Result } from '@rinha/base'
import {
  type AckMessage,
  backoffDelayMs,
  type ChannelRequestKind,
  type ChannelRequests,
  type HandshakeCrypto,
  type Message,
  NodeHandshake,
  type OutgoingMessage,
  paymentsPerFrameMax,
  type ReplyMessage,
  type RequestMessage,
  SendBuffer,
  sessionIdBytes,
  type WelcomeMessage,
} from '@rinha/channel'
import type { World } from '../world.ts'
import { SimLink } from './link.ts'
import type { Plan } from './plan.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WireEnd } from './wire.ts'

type Answer<Kind extends ChannelRequestKind> = Result<ChannelRequests[Kind]['result'], string>

/** What a node is given: the world, its name, and a way to the coordinator, which may be refused. */
export interface NodeContext {
  readonly world: World
  readonly prng: Prng
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly crypto: HandshakeCrypto
  readonly connect: () => WireEnd | undefined
}

/**
 * An API node without its HTTP side: the counterpart of the channel's `tcp/client.ts`, around the same send buffer,
 * handshake, backoff and codec. Its invariants are that file's: what was taken stays in the buffer until it is
 * acknowledged; on each connection payments go out in sequence from the first that is not; a request belongs to one
 * connection; there is one link at a time.
 */
export class SimNode {
  readonly index: number
  readonly buffer: SendBuffer
  readonly #context: NodeContext
  readonly #sessionId: Uint8Array
  readonly #pending = new Map<number, (answer: Result<never, string>) => void>()
  #link: SimLink | undefined
  #handshake: NodeHandshake
  #connected = false
  #attempt = 0
  #sendThrough = 0
  #highestSent = 0
  #flushScheduled = false
  #requestId = 0

  constructor(index: number, context: NodeContext) {
    this.index = index
    this.#context = context
    this.buffer = new SendBuffer(context.plan.bufferCountMax)
    this.#handshake = new NodeHandshake(context.crypto)
    this.#sessionId = new Uint8Array(sessionIdBytes).map(() => context.prng.uint32())
    this.#connect()
  }

  get connected(): boolean {
    return this.#connected
  }

  /** Takes a payment, or answers false when the buffer is full. */
  offerPayment(correlationId: Uint8Array, amountCents: number): boolean {
    if (!this.buffer.offer(correlationId, amountCents)) return false
    this.#scheduleFlush()
    return true
  }

  /** The answer comes once: the coordinator's, or why there is none. */
  request<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    answer: (answer: Answer<Kind>) => void,
  ): void {
    const { world, plan } = this.#context
    if (!this.#connected) return answer(err('not connected'))
    if (this.#pending.size >= plan.requestCountMax) return answer(err('too many requests'))
    this.#requestId += 1
    const id = this.#requestId
    this.#pending.set(id, answer as (answer: Result<never, string>) => void)
    world.after(plan.requestTimeoutMs, () => this.#answer(id, err('no reply in time')))
    this.#link?.send({ type: 'request', id, kind, params } as RequestMessage)
  }

  #answer(id: number, answer: Result<never, string>): void {
    const waiting = this.#pending.get(id)
    if (waiting === undefined) return
    this.#pending.delete(id)
    waiting(answer)
  }

  #connect(): void {
    const { world, plan, crypto } = this.#context
    const wire = this.#context.connect()
    if (wire === undefined) return this.#onClosed('connection refused')
    const link: SimLink = new SimLink(
      world,
      wire,
      {
        onMessage: message => this.#onMessage(message),
        onNonsense: reason => this.#violated(reason),
        onPause: () => {},
        onDrained: () => this.#scheduleFlush(),
        onClosed: cause => this.#onClosed(cause),
      },
      { answersPeer: false, openMsMax: plan.handshakeTimeoutMs },
    )
    this.#link = link
    this.#handshake = new NodeHandshake(crypto)
    const claims = { nodeName: `api${this.index + 1}`, sessionId: this.#sessionId }
    const { acknowledgedSequence } = this.buffer
    link.send(this.#handshake.hello({ ...claims, acknowledgedSequence, heartbeatMs: plan.heartbeatMs }))
  }

  #onMessage(message: Message): void {
    if (!this.#connected) return this.#onHandshakeMessage(message)
    switch (message.type) {
      case 'ack':
        this.#onAck(message)
        break
      case 'reply':
        this.#onReply(message)
        break
      case 'heartbeat':
        break
      case 'goodbye':
        return this.#end(undefined, 'the coordinator said goodbye')
      default:
        return this.#violated(`${message.type} on an open connection`)
    }
    if (this.#connected) this.#attempt = 0
  }

  #onHandshakeMessage(message: Message): void {
    const step = this.#handshake.receive(message)
    if (step.kind === 'send') this.#link?.send(step.message)
    else if (step.kind === 'welcomed') this.#onWelcome(step.welcome)
    else this.#end(step.refusal, step.reason)
  }

  #onReply({ id, result }: ReplyMessage): void {
    this.#answer(id, result as Result<never, string>)
  }

  #onWelcome({ acknowledgedSequence, windowCount, heartbeatMs }: WelcomeMessage): void {
    if (!this.buffer.acknowledge(acknowledgedSequence))
      return this.#violated('a welcome for what was not sent')
    this.buffer.rewind()
    this.#sendThrough = acknowledgedSequence + windowCount
    this.#connected = true
    this.#link?.open(Math.min(this.#context.plan.heartbeatMs, heartbeatMs))
    this.#context.tally.connections += 1
    this.#context.trace.note('connected', this.index, acknowledgedSequence)
    this.#scheduleFlush()
  }

  #onAck({ sequence, windowCount }: AckMessage): void {
    if (!this.buffer.acknowledge(sequence)) return this.#violated('an acknowledgement of what was not sent')
    this.#sendThrough = sequence + windowCount
    this.#scheduleFlush()
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.#connected) return
    this.#flushScheduled = true
    this.#context.world.after(0, () => this.#flush())
  }

  #flush(): void {
    this.#flushScheduled = false
    const link = this.#link
    if (link === undefined || !this.#connected) return
    while (!link.blocked) {
      const batch = this.buffer.take(paymentsPerFrameMax, this.#sendThrough)
      if (batch === undefined) return
      this.#countResends(batch.firstSequence, this.buffer.nextSequence - 1)
      link.send({ type: 'payments', ...batch })
    }
  }

  #countResends(firstSequence: number, lastSequence: number): void {
    const { tally, trace } = this.#context
    tally.resends += Math.max(0, Math.min(this.#highestSent, lastSequence) - firstSequence + 1)
    this.#highestSent = Math.max(this.#highestSent, lastSequence)
    trace.note('sent payments', this.index, firstSequence, lastSequence)
  }

  /** The coordinator or the codec broke the protocol: on honest wires that is a bug, and the checkers are told. */
  #violated(reason: string): void {
    this.#context.trace.blame('protocol', `node ${this.index}: ${reason}`)
    const last: OutgoingMessage = this.#connected
      ? { type: 'goodbye', reason }
      : { type: 'refuse', code: 'protocol', reason }
    this.#end(last, reason)
  }

  #end(last: OutgoingMessage | undefined, cause: string): void {
    this.#link?.end(last, cause)
    this.#disconnected()
  }

  #disconnected(): void {
    if (!this.#connected) return
    this.#connected = false
    for (const id of [...this.#pending.keys()]) this.#answer(id, err('the connection was lost'))
  }

  #onClosed(cause: string): void {
    const { world, plan, prng, trace } = this.#context
    this.#link = undefined
    this.#disconnected()
    trace.note(`disconnected: ${cause}`, this.index)
    const delayMs = backoffDelayMs(this.#attempt, plan.reconnectMsMin, plan.reconnectMsMax, prng.unit())
    this.#attempt += 1
    // Connecting takes a moment in any case; without it a refused connection would be tried again in no time.
    world.after(delayMs + 1, () => this.#connect())
  }
}
