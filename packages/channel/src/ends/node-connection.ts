import type { Cancel, Timers } from '@rinha/base'
import { type PaymentConflict, paymentRecordBytes, type Shard, shardOf } from '@rinha/payment'
import { CoordinatorHandshake, type HandshakeCrypto, type HandshakeFailure } from '../handshake.ts'
import type {
  AckMessage,
  GoodbyeMessage,
  HelloMessage,
  Message,
  PaymentsMessage,
  ProofMessage,
  RefuseMessage,
  ReplyMessage,
  RequestMessage,
  WelcomeMessage,
} from '../messages.ts'
import { PaymentReceiver } from '../payment-receiver.ts'
import type { ChannelHandlers } from '../port.ts'
import type { Session, SessionTable } from '../session-table.ts'
import { hexOf } from './hex.ts'
import type { Link } from './link.ts'
import { Traffic } from './traffic.ts'

/** The state that the connections of all nodes of one coordinator share. */
export interface ConnectionOwner {
  readonly handlers: ChannelHandlers
  readonly crypto: HandshakeCrypto
  readonly timers: Timers
  readonly sessions: SessionTable
  /** The node was sent a nonce. The connection that names this nonce is its upward connection. */
  challenged(connection: NodeConnection): void
  /** A proven node asks to come in: its welcome, or its refusal. */
  admit(connection: NodeConnection, hello: HelloMessage): Omit<WelcomeMessage, 'proof'> | RefuseMessage
  readonly shard: Shard
  /** Whether room is short, so that nodes may take from clients only what their windows allow. */
  readonly roomShort: boolean
  /**
   * If not 0, the queue is too long: payments that the coordinator does not know should be posted again after this time.
   */
  readonly retryAfterSeconds: number
  /** As much credit as is free for this node, and its window. */
  grantWindow(connection: NodeConnection): number
  /** Waits until the payments taken from this session are in the journal, and then acknowledges them. */
  keep(sessionId: string, session: Session): void
  /**
   * This connection owes an acknowledgement that no client waits for: {@link NodeConnection.payAck} is called a tenth of a second
   * later.
   */
  gatherAck(connection: NodeConnection): void
  /** WELCOME was sent to the node. From now on the coordinator may send it any message. */
  entered(): void
  /** The connection belongs to a node now, or has closed. */
  noStranger(link: Link): void
  /** Both connections have closed, or the only one. `isForGood`: a GOODBYE was sent or received. */
  leave(connection: NodeConnection, isForGood: boolean): void
  problem(problem: string): void
}

/**
 * One node at the coordinator's end, over two connections. The first carries the handshake, everything that the coordinator
 * says, and what the node asks. The upward one carries the node's payments, and the coordinator never writes on it.
 *
 * Why two: a process that is killed while its receive buffer holds bytes that it has not read takes what it wrote with it.
 * Its kernel answers with a reset, the coordinator's next write fails on that, and the platform then throws away what has
 * come and is not read yet. Where nothing is ever written to it, a dead node has nothing unread: its kernel delivers
 * everything, and then the end.
 *
 *   challenged → PROOF on the upward connection, admitted →  node
 *   node → the first connection ends →                       orphan: the upward one is read on to its end
 *   node, orphan → the upward connection ends, goodbye, a broken protocol, the session connects again → closed
 *
 * Everything that came in one chunk is handled before its one acknowledgement; the acknowledgement leaves after the
 * handler has returned, never before: it is a promise that the coordinator has the payments. Where there is a journal,
 * another one follows when they are in it; only that one lets the node forget them. What the node says that nobody waits for is
 * acknowledged a tenth of a second later, for all nodes at once: each acknowledgement is a write here and a wake-up there.
 *
 * Invariants:
 *   1. Nothing is written on the upward connection.
 *   2. An orphan is granted no credit, and counts as a node until its upward connection has ended: at the latest after the
 *      intervals for which a peer may be silent, whatever it sends. What it may still send is inside its window.
 *   3. Of who was told goodbye or refused, nothing is taken any more.
 *   4. An acknowledgement waits while the first connection is blocked: what a node does not read is one buffer, and the
 *      conflicts of one window.
 *   5. A conflict is told before the acknowledgement that covers it.
 */
export class NodeConnection {
  /** The name that the node gave, once it is proven. Until then, the address that it connects from. */
  name: string
  /** The nonce that the CHALLENGE carried. */
  nonce = ''
  /** The id of the session and what is known of it. Set when the node is admitted. */
  sessionId = ''
  session: Session = { lastSequence: 0, keptSequence: 0 }
  receiver = new PaymentReceiver(0)
  /** The most payments that the node ever holds. */
  bufferCountMax = 0
  /** What the node was last told about the coordinator's room and queue. */
  #told: Pick<AckMessage, 'roomShort' | 'retryAfterSeconds'> = { roomShort: false, retryAfterSeconds: 0 }
  readonly #owner: ConnectionOwner
  readonly #first: Link
  #upward: Link | undefined
  readonly #handshake: CoordinatorHandshake
  /** The traffic of both connections. */
  readonly traffic = new Traffic()
  #state: 'challenged' | 'node' | 'orphan' = 'challenged'
  /** The node was sent a goodbye or a refusal, or is being sent one. Nothing more is taken from it. */
  #dismissed = false
  #upwardEnded = false
  #cause = ''
  /** Requests whose answer takes its time, by their ids. */
  readonly #waiting = new Map<number, Cancel>()
  #owesAck = false
  #ackScheduled = false
  /**
   * A client of the node waits for an acknowledgement of payments through this sequence number; with a journal, for both
   * acknowledgements.
   */
  #isAwaited = false
  #awaitedSequence = 0
  /** One of the two has said goodbye: the end of this connection is no problem. */
  #parting = false

  /** `first` has just said its first message, which is for {@link onHandshakeMessage}. */
  constructor(owner: ConnectionOwner, first: Link, peer: string) {
    this.#owner = owner
    this.#handshake = new CoordinatorHandshake(owner.crypto)
    this.name = `at ${peer}`
    this.#first = first
    first.owner = {
      onMessage: message =>
        this.#state === 'challenged' ? this.onHandshakeMessage(message) : this.#onMessage(message),
      onNonsense: reason => this.#violated(reason),
      onPause: () => {},
      onDrained: () => this.payAck(),
      onClosed: cause => this.#onFirstClosed(cause),
    }
  }

  /** It is an API node. A coordinator of another shard has no buffer for payments, and only asks. */
  get bringsPayments(): boolean {
    return this.bufferCountMax > 0
  }

  /** The node can be sent messages, and will send more payments. */
  get isConnected(): boolean {
    return this.#state === 'node' && !this.#dismissed
  }

  /** Tells the node what was taken and kept, and its window. */
  acknowledge(windowCount: number): void {
    this.#owesAck = false
    const { lastSequence, keptSequence } = this.session
    this.#isAwaited &&= keptSequence < this.#awaitedSequence
    this.#first.send({
      type: 'ack',
      sequence: keptSequence,
      queuedSequence: lastSequence,
      windowCount: windowCount + lastSequence - keptSequence,
      ...this.tell(),
    })
  }

  /** The part about the coordinator that is in every acknowledgement. */
  tell(): Pick<AckMessage, 'roomShort' | 'retryAfterSeconds'> {
    const { roomShort, retryAfterSeconds } = this.#owner
    this.#told = { roomShort, retryAfterSeconds }
    return this.#told
  }

  /** Whether the node has been told the present state already. */
  wasTold(roomShort: boolean, retryAfterSeconds: number): boolean {
    return this.#told.roomShort === roomShort && this.#told.retryAfterSeconds === retryAfterSeconds
  }

  /** More of the node's payments are kept now. All that are kept in one turn share one acknowledgement. */
  onKept(): void {
    this.#owesAck = true
    if (!this.#isAwaited) return this.#owner.gatherAck(this)
    if (this.#ackScheduled) return
    this.#ackScheduled = true
    this.#owner.timers.soon(() => {
      this.#ackScheduled = false
      this.payAck()
    })
  }

  sayGoodbye(reason: string): void {
    this.payAck()
    this.#parting = true
    this.#dismiss({ type: 'goodbye', reason }, reason)
  }

  cut(cause: string): void {
    this.#dismissed = true
    this.#first.destroy(cause)
    this.#upward?.destroy(cause)
  }

  onHandshakeMessage(message: Message): void {
    const step = this.#handshake.receive(message)
    if (step.kind !== 'send') return this.#refuse(step)
    this.nonce = hexOf(step.message.serverNonce)
    this.#owner.challenged(this)
    this.#first.send(step.message)
  }

  /** The upward connection has been made, and its first message has arrived. */
  onProof(upward: Link, message: ProofMessage): void {
    if (this.#dismissed) return upward.end(undefined, 'its handshake is over')
    this.#upward = upward
    upward.owner = {
      onMessage: next => this.#onUpwardMessage(next),
      onNonsense: reason => this.#violated(reason),
      onPause: () => this.#onUpwardPause(),
      onDrained: () => {},
      onClosed: cause => this.#onUpwardClosed(cause),
    }
    const step = this.#handshake.prove(message)
    if (step.kind === 'proven') this.#enter(upward, step.hello, step.proof)
    else this.#refuse(step)
  }

  #refuse({ code, reason, refusal }: HandshakeFailure): void {
    const hint = code === 'proof' ? '; CHANNEL_SECRET must be the same on both' : ''
    this.#dismiss(refusal, `the handshake failed (${code}): ${reason}${hint}`)
  }

  #enter(upward: Link, hello: HelloMessage, proof: Uint8Array): void {
    this.name = hello.nodeName
    this.sessionId = hexOf(hello.sessionId)
    const answer = this.#owner.admit(this, hello)
    if (answer.type === 'refuse') return this.#dismiss(answer, `refused (${answer.code}): ${answer.reason}`)
    this.#state = 'node'
    for (const link of [this.#first, upward]) {
      this.#owner.noStranger(link)
      link.countIn(this.traffic)
    }
    const heartbeatMs = Math.min(hello.heartbeatMs, answer.heartbeatMs)
    this.#first.open(heartbeatMs, 'both')
    upward.open(heartbeatMs, 'peer')
    this.#first.send({ ...answer, proof })
    for (const [sequence, conflict] of this.receiver.conflicts)
      this.#first.send({ type: 'conflict', sequence, ...conflict })
    this.#owner.entered()
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case 'request':
        return this.#onRequest(message)
      case 'cancel':
        this.#waiting.get(message.id)?.()
        this.#waiting.delete(message.id)
        return
      case 'heartbeat':
        return
      case 'goodbye':
        this.#parting = true
        return this.#first.end(undefined, `the node said goodbye: ${message.reason}`)
      default:
        return this.#violated(`${message.type} on an open connection`)
    }
  }

  #onUpwardMessage(message: Message): void {
    if (this.#dismissed || message.type === 'heartbeat') return
    if (message.type === 'payments') this.#onPayments(message)
    else this.#violated(`${message.type} on an upward connection`)
  }

  #onPayments({ firstSequence, records, isAwaited }: PaymentsMessage): void {
    if (!areOf(this.#owner.shard, records)) return this.#violated('a payment of another shard')
    const count = records.length / paymentRecordBytes
    const taken = this.receiver.check(firstSequence, count)
    if (!taken.ok) return this.#violated(taken.error)
    const skipCount = taken.value
    if (skipCount < count) {
      const fresh = records.subarray(skipCount * paymentRecordBytes)
      const conflicts = this.#owner.handlers.onPayments(fresh, count - skipCount)
      for (const { index, kind, reason } of conflicts)
        this.#refusePayment(firstSequence + skipCount + index, { kind, reason })
    }
    this.receiver.take(firstSequence, count)
    const { lastSequence } = this.receiver
    this.session.lastSequence = lastSequence
    this.#owner.sessions.use(this.sessionId, this.session)
    if (isAwaited) {
      this.#isAwaited = true
      this.#awaitedSequence = lastSequence
    }
    this.#owesAck = true
    this.#owner.keep(this.sessionId, this.session)
  }

  /** The conflict is reported at once, before the acknowledgement that covers it. */
  #refusePayment(sequence: number, conflict: PaymentConflict): void {
    this.receiver.refuse(sequence, conflict)
    if (this.isConnected) this.#first.send({ type: 'conflict', sequence, ...conflict })
  }

  #onRequest(request: RequestMessage): void {
    const { id, kind } = request
    if (this.#waiting.has(id)) return this.#violated(`a second request ${id}`)
    // So that the node's own buffer and the reply agree on what it still holds.
    this.payAck()
    let isAnswered = false
    const cancel = this.#owner.handlers.onRequest(kind, request.params, this.name, result => {
      isAnswered = true
      this.#waiting.delete(id)
      this.#first.send({ type: 'reply', id, kind, result } as ReplyMessage)
    })
    if (cancel !== undefined && !isAnswered) this.#waiting.set(id, cancel)
  }

  #onUpwardPause(): void {
    if (this.#isAwaited) this.payAck()
    else if (this.#owesAck) this.#owner.gatherAck(this)
  }

  payAck(): void {
    if (!this.#owesAck || !this.isConnected || this.#first.blocked) return
    this.acknowledge(this.#owner.grantWindow(this))
  }

  #violated(reason: string): void {
    const last =
      this.#state === 'challenged'
        ? ({ type: 'refuse', code: 'protocol', reason } as const)
        : ({ type: 'goodbye', reason } as const)
    this.#dismiss(last, `broke the protocol: ${reason}`)
  }

  /** The last message was written on the first connection. Closes the upward connection after it. */
  #dismiss(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    this.#dismissed = true
    this.#first.end(last, cause)
    if (this.#state === 'orphan') this.#upward?.destroy(cause)
  }

  #onFirstClosed(cause: string): void {
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
    this.#owner.noStranger(this.#first)
    this.#cause ||= cause
    const isNode = this.#state === 'node'
    this.#state = 'orphan'
    if (this.#upward === undefined || this.#upwardEnded) return this.#over()
    if (isNode && !this.#dismissed) this.#upward.runOut()
    else this.#upward.destroy(cause)
  }

  #onUpwardClosed(cause: string): void {
    if (this.#upward !== undefined) this.#owner.noStranger(this.#upward)
    this.#upwardEnded = true
    if (this.#state === 'orphan') return this.#over()
    this.#cause ||= cause
    this.#dismiss({ type: 'goodbye', reason: 'the upward connection has ended' }, cause)
  }

  #over(): void {
    this.#owner.leave(this, this.#parting)
    if (!this.#parting) this.#owner.problem(`node ${this.name}: ${this.#cause}`)
  }
}

function areOf({ index, count }: Shard, records: Uint8Array): boolean {
  if (count === 1) return true
  for (let offset = 0; offset < records.length; offset += paymentRecordBytes)
    if (shardOf(records, count, offset) !== index) return false
  return true
}
