import { assert, type Cancel, type Timers } from '@rinha/base'
import { onlyShard } from '@rinha/payment'
import { backoffDelayMs } from '../backoff.ts'
import { Candidates } from '../candidates.ts'
import type { HandshakeCrypto } from '../handshake.ts'
import { coordinatorIdBytes, paymentsPerFrameMax, sessionIdBytes } from '../limits.ts'
import type {
  AckMessage,
  ConflictMessage,
  GoodbyeMessage,
  KeptBy,
  Message,
  RefuseMessage,
  RequestMessage,
  WelcomeMessage,
} from '../messages.ts'
import type {
  AcknowledgementListener,
  ChannelAnswer,
  ChannelClient,
  ChannelRequestKind,
  ChannelRequests,
  ConflictListener,
} from '../port.ts'
import { SendBuffer } from '../send-buffer.ts'
import { BufferAge } from './buffer-age.ts'
import { hexOf } from './hex.ts'
import { NodeLinks, type NodeLinksOwner } from './node-links.ts'
import { assertNodeEndOptions, handshakeTimeoutMsDefault, type NodeEndOptions } from './options.ts'
import { PendingRequests, unavailable } from './pending-requests.ts'
import type { ByteStream, Chance } from './ports.ts'
import { Traffic } from './traffic.ts'

export interface NodeEndPorts {
  /**
   * Begins a connection to the coordinator; `onConnected` is called later, unless that fails. `candidate`: the index of its
   * address, where there are several.
   */
  readonly connect: (onConnected: () => void, candidate: number) => ByteStream
  readonly timers: Timers
  /** Monotonic. */
  readonly nowMs: () => number
  readonly chance: Chance
  readonly crypto: HandshakeCrypto
}

/**
 * An API node's end of the channel: keeps one session with the coordinator over as many pairs of connections as it takes.
 *
 *   connecting → the handshake → WELCOME →              open (`connected`)
 *   connecting, open → an error, silence, a goodbye →     waiting (backoff) → connecting
 *   any → close(): stays in that cycle until all is acknowledged or the drain's time is over → closed
 *
 * Invariants:
 *   1. A payment that was taken stays in the send buffer until the coordinator has acknowledged it.
 *   2. On each upward connection the payments go out in sequence, from the first that is not acknowledged, none past the window.
 *   3. A request is on one connection only: when that is lost it is answered `unavailable`, never sent again. Where there are
 *      several coordinators, another one will lead soon: what changes nothing is asked again on the next connection.
 *   4. There is one pair of links at a time: the next one is made when the one before has closed.
 *   5. A coordinator whose epoch is over is left before anything is sent to it ({@link Candidates}).
 */
export class NodeEnd implements ChannelClient, NodeLinksOwner {
  readonly traffic = new Traffic()
  readonly #options: NodeEndOptions
  readonly #ports: NodeEndPorts
  readonly #sessionId: Uint8Array
  readonly #buffer: SendBuffer
  readonly #requests: PendingRequests
  #links: NodeLinks | undefined
  #connected = false
  readonly #candidates: Candidates
  /** The refusal of a standby that has ended the present pair of links. */
  #standby: { readonly leader: string | undefined } | undefined
  #cancelRetry: Cancel | undefined
  /** The last sequence number that the window allows on this connection. */
  #sendThrough = 0
  /** The last payment for whose acknowledgement a client waits. */
  #awaitedSequence = 0
  #flushScheduled = false
  #coordinatorId: Uint8Array = new Uint8Array(coordinatorIdBytes)
  #roomShort = false
  #retryAfterSeconds = 0
  /** Of each candidate. */
  #lastProblems: string[] = []
  #keptBy: KeptBy | undefined
  #listener: AcknowledgementListener | undefined
  #onConflict: ConflictListener | undefined
  readonly #age: BufferAge
  /** Set by close(): called when draining is done. */
  #onDone: (() => void) | undefined
  #cancelDrain: Cancel | undefined
  #closed = false

  constructor(options: NodeEndOptions, ports: NodeEndPorts) {
    assertNodeEndOptions(options)
    this.#options = options
    this.#ports = ports
    this.#sessionId = ports.chance.bytes(sessionIdBytes)
    this.#buffer = new SendBuffer(options.bufferCountMax)
    this.#age = new BufferAge(options.bufferAgeMsMax, this.#buffer, ports)
    this.#requests = new PendingRequests(options.requestCountMax, options.requestTimeoutMs, ports.timers)
    this.#candidates = new Candidates(options.candidates ?? [''])
    this.#connect()
  }

  get connected(): boolean {
    return this.#connected
  }

  get keptBy(): KeptBy | undefined {
    return this.#keptBy
  }

  get roomShort(): boolean {
    return this.#roomShort
  }

  get retryAfterSeconds(): number {
    return this.#retryAfterSeconds
  }

  get unacknowledgedCount(): number {
    return this.#buffer.count
  }

  get oldestUnacknowledgedAgeMs(): number {
    return this.#age.oldestMs
  }

  offerPayment(correlationId: Uint8Array, amountCents: number, isAwaited = false): number | undefined {
    if (this.#onDone !== undefined || this.#age.isOver) return undefined
    if (this.#roomShort && !this.#windowIsOpen) return undefined
    if (!this.#buffer.offer(correlationId, amountCents)) return undefined
    if (isAwaited) this.#awaitedSequence = this.#buffer.lastSequence
    this.#age.onOffered()
    this.#scheduleFlush()
    return this.#buffer.lastSequence
  }

  /** Whether there is room set aside at the coordinator for one more payment than are held. */
  get #windowIsOpen(): boolean {
    return this.#connected && this.#buffer.lastSequence < this.#sendThrough
  }

  onAcknowledged(listener: AcknowledgementListener): void {
    assert(this.#listener === undefined, 'one listener hears of acknowledgements')
    this.#listener = listener
  }

  onConflict(listener: ConflictListener): void {
    assert(this.#onConflict === undefined, 'one listener hears of conflicts')
    this.#onConflict = listener
  }

  holdsPayment(correlationId: Uint8Array): boolean {
    return this.#buffer.holds(correlationId)
  }

  request<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    answer: (answer: ChannelAnswer<Kind>) => void,
  ): Cancel {
    const refuse = (reason: string) => {
      answer(unavailable(reason))
      return () => {}
    }
    const isAskedAgain = this.#candidates.count > 1 && kind !== 'purge'
    if (!this.#connected && !isAskedAgain) return refuse('the coordinator is not connected')
    if (kind !== 'ending' && this.#requests.full) return refuse('too many requests are waiting for a reply')
    // Written at once, while payments wait for the end of the turn: a request is in front of the turn's batch.
    const send = (id: number) => {
      if (this.#connected) this.#links?.send({ type: 'request', id, kind, params } as RequestMessage)
    }
    const waitMs = 'waitMs' in params ? params.waitMs : 0
    const id = this.#requests.add(kind, answer, send, { waitMs, isAskedAgain })
    return () => {
      if (this.#requests.cancel(id) && this.#connected) this.#links?.send({ type: 'cancel', id })
    }
  }

  close(drainMsMax: number, onDone: () => void): void {
    assert(this.#onDone === undefined, 'an end is closed once')
    this.#onDone = onDone
    this.#cancelDrain = this.#ports.timers.after(drainMsMax, () => this.#finish())
    this.#finishWhenDrained()
  }

  #finish(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRetry?.()
    this.#requests.failAll('the channel is closed')
    if (this.#links === undefined) this.#done()
    else if (this.#connected) this.#end({ type: 'goodbye', reason: 'the node stops' }, 'closed')
    else this.#links.destroy('closed')
  }

  #done(): void {
    this.#age.stop()
    this.#cancelDrain?.()
    this.#onDone?.()
  }

  #connect(): void {
    const { handshakeTimeoutMs = handshakeTimeoutMsDefault } = this.#options
    const { index } = this.#candidates
    const { timers, crypto } = this.#ports
    const connect = (onConnected: () => void) => this.#ports.connect(onConnected, index)
    this.#standby = undefined
    this.#links = new NodeLinks({ connect, timers, crypto }, this, handshakeTimeoutMs)
  }

  claims(): ReturnType<NodeLinksOwner['claims']> {
    const { nodeName, heartbeatMs, shard = onlyShard } = this.#options
    const { acknowledgedSequence, countMax: bufferCountMax } = this.#buffer
    const [sessionId, predecessorId] = [this.#sessionId, this.#coordinatorId]
    return { nodeName, sessionId, acknowledgedSequence, bufferCountMax, predecessorId, heartbeatMs, shard }
  }

  onMessage(message: Message): void {
    this.#onOpenMessage(message)
    // Not already at WELCOME: if a coordinator welcomes a node and then breaks the protocol, the backoff must still
    // grow.
    if (this.#connected) {
      this.#candidates.served()
      this.#lastProblems = []
    }
  }

  #onOpenMessage(message: Message): void {
    switch (message.type) {
      case 'ack':
        return this.#onAck(message)
      case 'conflict':
        return this.#onConflictMessage(message)
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

  onWelcome(welcome: WelcomeMessage): void {
    const { acknowledgedSequence, windowCount, heartbeatMs, coordinatorId, keptBy, epoch } = welcome
    if (!this.#candidates.admits(epoch)) {
      const reason = `epoch ${epoch} is over: this node has seen epoch ${this.#candidates.epoch}`
      return this.#end({ type: 'goodbye', reason }, reason)
    }
    if (!this.#buffer.acknowledge(acknowledgedSequence)) {
      return this.#violated(`welcome acknowledges ${acknowledgedSequence}, which is not on the way`)
    }
    const before = this.#coordinatorId
    const restarted = before.some(byte => byte !== 0) && hexOf(before) !== hexOf(coordinatorId)
    this.#coordinatorId = coordinatorId
    this.#roomShort = welcome.roomShort
    this.#retryAfterSeconds = welcome.retryAfterSeconds
    this.#buffer.rewind()
    this.#sendThrough = acknowledgedSequence + windowCount
    this.#connected = true
    this.#keptBy = keptBy
    this.#links?.open(Math.min(this.#options.heartbeatMs, heartbeatMs))
    if (restarted) this.#report('the coordinator is another process than before: it has restarted')
    this.#options.onConnectedChange?.(true)
    this.#onProgress(acknowledgedSequence, acknowledgedSequence)
    this.#requests.askAgain()
    this.#scheduleFlush()
    this.#finishWhenDrained()
  }

  #onAck(ack: AckMessage): void {
    const { sequence, queuedSequence, windowCount } = ack
    if (queuedSequence < sequence || !this.#buffer.isSent(queuedSequence)) {
      return this.#violated(`word of ${queuedSequence} after ${sequence}, which was not sent`)
    }
    if (!this.#buffer.acknowledge(sequence)) {
      return this.#violated(`acknowledgement of ${sequence}, which is not on the way`)
    }
    this.#sendThrough = sequence + windowCount
    this.#roomShort = ack.roomShort
    this.#retryAfterSeconds = ack.retryAfterSeconds
    this.#onProgress(queuedSequence, sequence)
    this.#finishWhenDrained()
    this.#scheduleFlush()
  }

  #onConflictMessage({ sequence, kind, reason }: ConflictMessage): void {
    const { acknowledgedSequence } = this.#buffer
    if (sequence <= acknowledgedSequence || !this.#buffer.isSent(sequence))
      return this.#violated(`conflict of ${sequence}, which is not on the way`)
    this.#onConflict?.(sequence, { kind, reason })
  }

  #onProgress(queuedSequence: number, keptSequence: number): void {
    this.#age.onAcknowledged()
    this.#listener?.(queuedSequence, this.#keptBy === 'memory' ? 0 : keptSequence)
  }

  #finishWhenDrained(): void {
    if (this.#onDone !== undefined && this.#buffer.count === 0) this.#finish()
  }

  /** Sends once, after all events of this turn of the event loop, so that they make one batch. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.#connected) return
    this.#flushScheduled = true
    this.#ports.timers.soon(this.#flushOnce)
  }

  readonly #flushOnce = (): void => {
    this.#flushScheduled = false
    this.flush()
  }

  flush(): void {
    const links = this.#links
    if (links === undefined || !this.#connected) return
    while (!links.blocked) {
      const batch = this.#buffer.take(paymentsPerFrameMax, this.#sendThrough)
      if (batch === undefined) return
      const isAwaited = this.#awaitedSequence >= batch.firstSequence || this.#needsRoom
      links.sendPayments({ type: 'payments', ...batch, isAwaited })
    }
  }

  /** Half of the buffer, or of the window, is in use: an acknowledgement that dawdles could fill it. */
  get #needsRoom(): boolean {
    const { count, countMax, acknowledgedSequence, nextSequence } = this.#buffer
    const windowLeft = this.#sendThrough + 1 - nextSequence
    return count * 2 > countMax || windowLeft < nextSequence - acknowledgedSequence
  }

  onNonsense(reason: string): void {
    this.#violated(reason)
  }

  onBroken(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    this.#end(last, cause)
  }

  onStandby(leader: string | undefined): void {
    this.#standby = { leader }
  }

  onDrained(): void {
    this.#scheduleFlush()
  }

  #violated(reason: string): void {
    const last = this.#connected
      ? ({ type: 'goodbye', reason } as const)
      : ({ type: 'refuse', code: 'protocol', reason } as const)
    this.#end(last, `the coordinator broke the protocol: ${reason}`)
  }

  /** The links linger a moment with their last words; nothing else uses them any more. */
  #end(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    this.#links?.end(last, cause)
    this.#disconnected()
  }

  #disconnected(): void {
    if (!this.#connected) return
    this.#connected = false
    this.#retryAfterSeconds = 0
    this.#requests.failLost('the connection to the coordinator was lost')
    this.#options.onConnectedChange?.(false)
  }

  onClosed(cause: string): void {
    this.#links = undefined
    this.#disconnected()
    if (this.#closed) return this.#done()
    this.#report(cause)
    if (this.#standby === undefined) this.#candidates.lost()
    else this.#candidates.refused(this.#standby.leader)
    const { reconnectMsMin, reconnectMsMax } = this.#options
    const { timers, chance } = this.#ports
    const { roundCount } = this.#candidates
    const delayMs = backoffDelayMs(roundCount, reconnectMsMin, reconnectMsMax, chance.unit())
    this.#cancelRetry = timers.after(delayMs, () => this.#connect())
  }

  /** An outage is logged once, not at each attempt to connect. */
  #report(problem: string): void {
    const { index } = this.#candidates
    if (problem === this.#lastProblems[index]) return
    this.#lastProblems[index] = problem
    this.#options.onProblem?.(problem)
  }
}
