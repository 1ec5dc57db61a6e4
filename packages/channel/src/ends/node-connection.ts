import type { Timers } from '@rinha/base'
import { paymentRecordBytes } from '@rinha/payment'
import { CoordinatorHandshake, type HandshakeCrypto } from '../handshake.ts'
import type {
  HelloMessage,
  Message,
  PaymentsMessage,
  RefuseMessage,
  ReplyMessage,
  RequestMessage,
  WelcomeMessage,
} from '../messages.ts'
import { PaymentReceiver } from '../payment-receiver.ts'
import type { ChannelHandlers } from '../port.ts'
import type { Session, SessionTable } from '../session-table.ts'
import { hexOf } from './hex.ts'
import { Link } from './link.ts'
import type { ByteStream } from './ports.ts'

/** What the connections of one coordinator share. */
export interface ConnectionOwner {
  readonly handlers: ChannelHandlers
  readonly crypto: HandshakeCrypto
  readonly timers: Timers
  readonly handshakeTimeoutMs: number
  readonly sessions: SessionTable
  /** A proven node asks to come in: its welcome, or its refusal. */
  admit(connection: NodeConnection, hello: HelloMessage): Omit<WelcomeMessage, 'proof'> | RefuseMessage
  /** As much credit as there is for this node, and its window. */
  grantWindow(receiver: PaymentReceiver): number
  /** Sees to it that what was taken from this session is kept, and then acknowledged. */
  keep(sessionId: string, session: Session): void
  /** The node has its welcome: whoever is told of it now may tell the node anything. */
  entered(): void
  leave(connection: NodeConnection): void
  problem(problem: string): void
}

/**
 * One connection at the coordinator's end: `stranger` until the handshake is done and its owner admits it, then `node`
 * until the link closes.
 *
 * Everything that came in one chunk is handled before its one acknowledgement, replies first; the acknowledgement
 * leaves after the handler has returned, never before: it is a promise that the coordinator has the payments. Where there
 * is a journal, another one follows when they are in it; only that one lets the node forget them.
 */
export class NodeConnection {
  /** Its own name once it is proven, where it connects from until then. */
  name: string
  /** Its session's id, and what is known of that: from its admission on. */
  sessionId = ''
  session: Session = { lastSequence: 0, keptSequence: 0 }
  receiver = new PaymentReceiver(0)
  readonly #owner: ConnectionOwner
  readonly #link: Link
  readonly #handshake: CoordinatorHandshake
  #admitted = false
  #owesAck = false
  #ackScheduled = false
  /** One of the two has said goodbye: the end of this connection is no problem. */
  #parting = false

  constructor(owner: ConnectionOwner, stream: ByteStream) {
    this.#owner = owner
    this.#handshake = new CoordinatorHandshake(owner.crypto)
    this.name = `at ${stream.peer}`
    this.#link = new Link(
      stream,
      owner.timers,
      {
        onMessage: message => (this.#admitted ? this.#onMessage(message) : this.#onHandshakeMessage(message)),
        onNonsense: reason => this.#violated(reason),
        onPause: () => this.#payAck(),
        onDrained: () => {},
        onClosed: cause => this.#onClosed(cause),
      },
      { answersPeer: true, openMsMax: owner.handshakeTimeoutMs },
    )
  }

  /** Tells the node what was taken and kept, and its window. */
  acknowledge(windowCount: number): void {
    this.#owesAck = false
    const { lastSequence, keptSequence } = this.session
    this.#link.send({
      type: 'ack',
      sequence: keptSequence,
      queuedSequence: lastSequence,
      windowCount: windowCount + lastSequence - keptSequence,
    })
  }

  /** More of its payments are kept. One acknowledgement for all that are kept in this turn. */
  onKept(): void {
    this.#owesAck = true
    if (this.#ackScheduled) return
    this.#ackScheduled = true
    this.#owner.timers.soon(() => {
      this.#ackScheduled = false
      this.#payAck()
    })
  }

  sayGoodbye(reason: string): void {
    this.#parting = true
    this.#link.end({ type: 'goodbye', reason }, reason)
  }

  cut(cause: string): void {
    this.#link.destroy(cause)
  }

  #onHandshakeMessage(message: Message): void {
    const step = this.#handshake.receive(message)
    if (step.kind === 'send') return this.#link.send(step.message)
    if (step.kind === 'proven') return this.#enter(step.hello, step.proof)
    const hint = step.code === 'proof' ? '; CHANNEL_SECRET must be the same on both' : ''
    this.#link.end(step.refusal, `the handshake failed (${step.code}): ${step.reason}${hint}`)
  }

  #enter(hello: HelloMessage, proof: Uint8Array): void {
    this.name = hello.nodeName
    this.sessionId = hexOf(hello.sessionId)
    const answer = this.#owner.admit(this, hello)
    if (answer.type === 'refuse') {
      this.#link.end(answer, `refused (${answer.code}): ${answer.reason}`)
      return
    }
    this.#admitted = true
    this.#link.open(Math.min(hello.heartbeatMs, answer.heartbeatMs))
    this.#link.send({ ...answer, proof })
    this.#owner.entered()
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case 'payments':
        return this.#onPayments(message)
      case 'request':
        return this.#onRequest(message)
      case 'heartbeat':
        return
      case 'goodbye':
        this.#parting = true
        return this.#link.end(undefined, `the node said goodbye: ${message.reason}`)
      default:
        return this.#violated(`${message.type} on an open connection`)
    }
  }

  #onPayments({ firstSequence, records }: PaymentsMessage): void {
    const count = records.length / paymentRecordBytes
    const taken = this.receiver.check(firstSequence, count)
    if (!taken.ok) return this.#violated(taken.error)
    const skipCount = taken.value
    if (skipCount < count) {
      this.#owner.handlers.onPayments(records.subarray(skipCount * paymentRecordBytes), count - skipCount)
    }
    this.receiver.take(firstSequence, count)
    const { lastSequence } = this.receiver
    this.session.lastSequence = lastSequence
    this.#owner.sessions.use(this.sessionId, this.session)
    this.#owesAck = true
    this.#owner.keep(this.sessionId, this.session)
  }

  #onRequest(request: RequestMessage): void {
    const { id, kind } = request
    this.#owner.handlers.onRequest(kind, request.params, this.name, result =>
      this.#link.send({ type: 'reply', id, kind, result } as ReplyMessage),
    )
  }

  #payAck(): void {
    if (this.#owesAck) this.acknowledge(this.#owner.grantWindow(this.receiver))
  }

  #violated(reason: string): void {
    const last = this.#admitted
      ? ({ type: 'goodbye', reason } as const)
      : ({ type: 'refuse', code: 'protocol', reason } as const)
    this.#link.end(last, `broke the protocol: ${reason}`)
  }

  #onClosed(cause: string): void {
    this.#owner.leave(this)
    if (!this.#parting) this.#owner.problem(`node ${this.name}: ${cause}`)
  }
}
