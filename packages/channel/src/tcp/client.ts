import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Result } from '@rinha/base'
import { backoffDelayMs } from '../backoff.ts'
import { type HandshakeCrypto, type HandshakeFailure, NodeHandshake } from '../handshake.ts'
import { paymentsPerFrameMax, sessionIdBytes } from '../limits.ts'
import type {
  AckMessage,
  GoodbyeMessage,
  Message,
  RefuseMessage,
  RequestMessage,
  WelcomeMessage,
} from '../messages.ts'
import type { ChannelClient, ChannelRequestKind, ChannelRequestProblem, ChannelRequests } from '../port.ts'
import { SendBuffer } from '../send-buffer.ts'
import { handshakeCrypto } from './crypto.ts'
import { Link } from './link.ts'
import { assertClientOptions, type ChannelClientOptions, handshakeTimeoutMsDefault } from './options.ts'
import { PendingRequests, unavailable } from './pending-requests.ts'

/** An API node's end of the channel. It connects at once and again whenever the connection is lost, until closed. */
export function connectChannel(options: ChannelClientOptions): ChannelClient {
  assertClientOptions(options)
  return new TcpChannelClient(options)
}

/**
 * Keeps one session with the coordinator over as many connections as it takes.
 *
 *   connecting → the handshake → WELCOME →              open (`connected`)
 *   connecting, open → an error, silence, a goodbye →     waiting (backoff) → connecting
 *   any → close(): stays in that cycle until all is acknowledged or the drain's time is over → closed
 *
 * Invariants:
 *   1. A payment that was taken stays in the send buffer until the coordinator has acknowledged it.
 *   2. On each connection the payments go out in sequence, from the first that is not acknowledged, none past the window.
 *   3. A request is on one connection only: when that is lost it is answered `unavailable`, never sent again.
 *   4. There is one link at a time: the next one is made when the one before has closed.
 */
class TcpChannelClient implements ChannelClient {
  readonly #options: ChannelClientOptions
  readonly #crypto: HandshakeCrypto
  readonly #sessionId = new Uint8Array(randomBytes(sessionIdBytes))
  readonly #buffer: SendBuffer
  readonly #requests: PendingRequests
  #link: Link | undefined
  #handshake: NodeHandshake
  #connected = false
  #attempt = 0
  #retryTimer: NodeJS.Timeout | undefined
  /** The last sequence number that the window allows on this connection. */
  #sendThrough = 0
  #flushScheduled = false
  #coordinatorId = ''
  #lastProblem = ''
  #closing: { readonly promise: Promise<void>; readonly finish: () => void } | undefined
  #closed = false

  constructor(options: ChannelClientOptions) {
    this.#options = options
    this.#crypto = handshakeCrypto(options.secret)
    this.#buffer = new SendBuffer(options.bufferCountMax)
    this.#requests = new PendingRequests(options.requestCountMax, options.requestTimeoutMs)
    this.#handshake = new NodeHandshake(this.#crypto)
    this.#connect()
  }

  get connected(): boolean {
    return this.#connected
  }

  get unacknowledgedCount(): number {
    return this.#buffer.count
  }

  offerPayment(correlationId: Uint8Array, amountCents: number): boolean {
    if (this.#closing !== undefined || !this.#buffer.offer(correlationId, amountCents)) return false
    this.#scheduleFlush()
    return true
  }

  holdsPayment(correlationId: Uint8Array): boolean {
    return this.#buffer.holds(correlationId)
  }

  request<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
  ): Promise<Result<ChannelRequests[Kind]['result'], ChannelRequestProblem>> {
    if (!this.#connected) return Promise.resolve(unavailable('the coordinator is not connected'))
    if (this.#requests.full) return Promise.resolve(unavailable('too many requests are waiting for a reply'))
    // Written at once, while payments wait for the end of the turn: a request is in front of the turn's batch.
    return this.#requests.add(kind, id => {
      this.#link?.send({ type: 'request', id, kind, params } as RequestMessage)
    })
  }

  close(drainMsMax: number): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise
    let finish: () => void = () => {}
    const promise = new Promise<void>(resolve => {
      finish = resolve
    })
    this.#closing = { promise, finish }
    const deadline = setTimeout(() => this.#finishClosing(), drainMsMax)
    promise.then(() => clearTimeout(deadline))
    if (this.#buffer.count === 0) this.#finishClosing()
    return promise
  }

  #finishClosing(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#retryTimer)
    this.#requests.failAll('the channel is closed')
    if (this.#link === undefined) this.#closing?.finish()
    else if (this.#connected) this.#end({ type: 'goodbye', reason: 'the node stops' }, 'closed')
    else this.#link.destroy('closed')
  }

  #connect(): void {
    const {
      host,
      port,
      nodeName,
      heartbeatMs,
      handshakeTimeoutMs = handshakeTimeoutMsDefault,
    } = this.#options
    const socket = connect({ host, port, noDelay: true })
    const link: Link = new Link(
      socket,
      {
        onMessage: message => this.#onMessage(message),
        onNonsense: reason => this.#violated(reason),
        onPause: () => {},
        onDrained: () => this.#scheduleFlush(),
        onClosed: cause => this.#onClosed(cause),
      },
      { answersPeer: false, openMsMax: handshakeTimeoutMs },
    )
    this.#link = link
    this.#handshake = new NodeHandshake(this.#crypto)
    socket.once('connect', () => {
      const acknowledgedSequence = this.#buffer.acknowledgedSequence
      link.send(
        this.#handshake.hello({ nodeName, sessionId: this.#sessionId, acknowledgedSequence, heartbeatMs }),
      )
    })
  }

  #onMessage(message: Message): void {
    if (!this.#connected) return this.#onHandshakeMessage(message)
    this.#onOpenMessage(message)
    // Not with the welcome: a coordinator that welcomes and then breaks the protocol is not to be called in a tight loop.
    if (this.#connected) {
      this.#attempt = 0
      this.#lastProblem = ''
    }
  }

  #onOpenMessage(message: Message): void {
    switch (message.type) {
      case 'ack':
        return this.#onAck(message)
      case 'reply':
        if (!this.#requests.onReply(message)) this.#violated('a reply of another kind than its request')
        return
      case 'heartbeat':
        return
      case 'goodbye':
        return this.#end(undefined, `the coordinator said goodbye: ${message.reason}`)
      default:
        return this.#violated(`${message.type} on an open connection`)
    }
  }

  #onHandshakeMessage(message: Message): void {
    const step = this.#handshake.receive(message)
    if (step.kind === 'send') this.#link?.send(step.message)
    else if (step.kind === 'welcomed') this.#onWelcome(step.welcome)
    else this.#end(step.refusal, this.#explain(step))
  }

  #explain({ code, reason }: HandshakeFailure): string {
    if (code !== 'proof') return `the handshake failed (${code}): ${reason}`
    return `the handshake failed: ${reason}; CHANNEL_SECRET must be the same on this node and on the coordinator`
  }

  #onWelcome({ acknowledgedSequence, windowCount, heartbeatMs, coordinatorId }: WelcomeMessage): void {
    if (!this.#buffer.acknowledge(acknowledgedSequence)) {
      return this.#violated(`welcome acknowledges ${acknowledgedSequence}, which is not on the way`)
    }
    const coordinator = Buffer.from(coordinatorId).toString('hex')
    const restarted = this.#coordinatorId !== '' && this.#coordinatorId !== coordinator
    this.#coordinatorId = coordinator
    this.#buffer.rewind()
    this.#sendThrough = acknowledgedSequence + windowCount
    this.#connected = true
    this.#link?.open(Math.min(this.#options.heartbeatMs, heartbeatMs))
    if (restarted) this.#report('the coordinator is another process than before: it has restarted')
    this.#options.onConnectedChange?.(true)
    this.#scheduleFlush()
    this.#finishWhenDrained()
  }

  #onAck({ sequence, windowCount }: AckMessage): void {
    if (!this.#buffer.acknowledge(sequence)) {
      return this.#violated(`acknowledgement of ${sequence}, which is not on the way`)
    }
    this.#sendThrough = sequence + windowCount
    this.#finishWhenDrained()
    this.#scheduleFlush()
  }

  #finishWhenDrained(): void {
    if (this.#closing !== undefined && this.#buffer.count === 0) this.#finishClosing()
  }

  /** Whatever makes sending possible, it is done once, after all events of this turn: one batch. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.#connected) return
    this.#flushScheduled = true
    setImmediate(this.#flush)
  }

  /** Sends what the window allows, until the socket has enough. */
  readonly #flush = (): void => {
    this.#flushScheduled = false
    const link = this.#link
    if (link === undefined || !this.#connected) return
    while (!link.blocked) {
      const batch = this.#buffer.take(paymentsPerFrameMax, this.#sendThrough)
      if (batch === undefined) return
      link.send({ type: 'payments', ...batch })
    }
  }

  #violated(reason: string): void {
    const last = this.#connected
      ? ({ type: 'goodbye', reason } as const)
      : ({ type: 'refuse', code: 'protocol', reason } as const)
    this.#end(last, `the coordinator broke the protocol: ${reason}`)
  }

  /** The link lingers a moment with its last words; nothing else uses it any more. */
  #end(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    this.#link?.end(last, cause)
    this.#disconnected()
  }

  #disconnected(): void {
    if (!this.#connected) return
    this.#connected = false
    this.#requests.failAll('the connection to the coordinator was lost')
    this.#options.onConnectedChange?.(false)
  }

  #onClosed(cause: string): void {
    this.#link = undefined
    this.#disconnected()
    if (this.#closed) return this.#closing?.finish()
    this.#report(`${this.#options.host}:${this.#options.port}: ${cause}`)
    const { reconnectMsMin, reconnectMsMax } = this.#options
    const delayMs = backoffDelayMs(this.#attempt, reconnectMsMin, reconnectMsMax, Math.random())
    this.#attempt += 1
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs)
  }

  /** An outage is told once, not once an attempt. */
  #report(problem: string): void {
    if (problem === this.#lastProblem) return
    this.#lastProblem = problem
    this.#options.onProblem?.(problem)
  }
}
