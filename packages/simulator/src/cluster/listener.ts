import type { Prng, Result } from '@rinha/base'
import {
  type ChannelHandlers,
  CoordinatorHandshake,
  coordinatorIdBytes,
  creditTarget,
  type HandshakeCrypto,
  type HelloMessage,
  type Message,
  PaymentReceiver,
  type PaymentsMessage,
  paymentRecordBytes,
  type RefuseMessage,
  type ReplyMessage,
  type RequestMessage,
  SessionTable,
  type WelcomeMessage,
  worthTelling,
} from '@rinha/channel'
import type { World } from '../world.ts'
import { SimLink } from './link.ts'
import type { Plan } from './plan.ts'
import type { Trace } from './trace.ts'
import type { WireEnd } from './wire.ts'

export interface ListenerContext {
  readonly world: World
  readonly prng: Prng
  readonly plan: Plan
  readonly trace: Trace
  readonly crypto: HandshakeCrypto
  readonly handlers: ChannelHandlers
}

/**
 * The coordinator's end of the channel: the counterpart of `tcp/server.ts`, around the same session table, receivers
 * and credit. It lives as long as one coordinator: a crash throws it away, with what it knew of sessions.
 */
export class Listener {
  readonly context: ListenerContext
  readonly sessions = new SessionTable()
  readonly #coordinatorId: Uint8Array
  readonly #nodes = new Map<string, Connection>()

  constructor(context: ListenerContext) {
    this.context = context
    this.#coordinatorId = new Uint8Array(coordinatorIdBytes).map(() => context.prng.uint32())
  }

  /** Credit given and not used, of all nodes together; at no time more than the room there was when it was given. */
  get outstandingCount(): number {
    let count = 0
    for (const node of this.#nodes.values()) count += node.receiver.outstandingCount
    return count
  }

  onConnection(wire: WireEnd): void {
    new Connection(this, wire)
  }

  grantWindow(receiver: PaymentReceiver): number {
    const roomCount = this.context.handlers.roomCount()
    return receiver.grant(this.#targetCount(roomCount), this.#freeCount(roomCount), roomCount)
  }

  refreshWindows(): void {
    const roomCount = this.context.handlers.roomCount()
    const targetCount = this.#targetCount(roomCount)
    let freeCount = this.#freeCount(roomCount)
    for (const node of this.#nodes.values()) {
      const { receiver } = node
      const windowCount = receiver.windowFor(targetCount, freeCount, roomCount)
      if (!worthTelling(receiver.advertisedCount, windowCount, targetCount)) continue
      const creditBefore = receiver.outstandingCount
      receiver.grant(targetCount, freeCount, roomCount)
      freeCount -= receiver.outstandingCount - creditBefore
      node.acknowledge(windowCount)
    }
  }

  admit(connection: Connection, hello: HelloMessage): WelcomeMessage | RefuseMessage {
    const known = this.sessions.lastSequence(connection.session)
    const before = this.#nodes.get(connection.session)
    const lastSequence = known ?? hello.acknowledgedSequence
    if (lastSequence < hello.acknowledgedSequence) {
      this.context.trace.blame('protocol', `${hello.acknowledgedSequence} acknowledged, ${lastSequence} came`)
    }
    before?.cut('its session connected again')
    connection.receiver = new PaymentReceiver(lastSequence)
    this.sessions.record(connection.session, lastSequence)
    this.#nodes.set(connection.session, connection)
    const windowCount = this.grantWindow(connection.receiver)
    return {
      type: 'welcome',
      coordinatorId: this.#coordinatorId,
      acknowledgedSequence: lastSequence,
      windowCount,
      heartbeatMs: this.context.plan.heartbeatMs,
    }
  }

  leave(connection: Connection): void {
    if (this.#nodes.get(connection.session) !== connection) return
    this.#nodes.delete(connection.session)
    this.refreshWindows()
  }

  #targetCount(roomCount: number): number {
    const { windowCountMax, nodeCountMax } = this.context.plan
    return creditTarget(roomCount, windowCountMax, nodeCountMax)
  }

  #freeCount(roomCount: number): number {
    return Math.max(0, roomCount - this.outstandingCount)
  }
}

/** One connection at the coordinator's end: the counterpart of `tcp/node-connection.ts`. */
class Connection {
  session = ''
  receiver = new PaymentReceiver(0)
  readonly #listener: Listener
  readonly #link: SimLink
  readonly #handshake: CoordinatorHandshake
  #admitted = false
  #owesAck = false

  constructor(listener: Listener, wire: WireEnd) {
    this.#listener = listener
    const { world, plan, crypto } = listener.context
    this.#handshake = new CoordinatorHandshake(crypto)
    this.#link = new SimLink(
      world,
      wire,
      {
        onMessage: message => (this.#admitted ? this.#onMessage(message) : this.#onHandshakeMessage(message)),
        onNonsense: reason => this.#violated(reason),
        onPause: () => this.#payAck(),
        onDrained: () => {},
        onClosed: () => listener.leave(this),
      },
      { answersPeer: true, openMsMax: plan.handshakeTimeoutMs },
    )
  }

  acknowledge(windowCount: number): void {
    this.#owesAck = false
    this.#link.send({ type: 'ack', sequence: this.receiver.lastSequence, windowCount })
  }

  cut(cause: string): void {
    this.#link.destroy(cause)
  }

  #onHandshakeMessage(message: Message): void {
    const step = this.#handshake.receive(message)
    if (step.kind === 'send') return this.#link.send(step.message)
    if (step.kind === 'proven') return this.#enter(step.hello)
    this.#link.end(step.refusal, step.reason)
  }

  #enter(hello: HelloMessage): void {
    this.session = hello.sessionId.join(' ')
    const answer = this.#listener.admit(this, hello)
    if (answer.type === 'refuse') return this.#link.end(answer, answer.reason)
    this.#admitted = true
    this.#link.open(Math.min(hello.heartbeatMs, answer.heartbeatMs))
    this.#link.send(answer)
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
        return this.#link.end(undefined, 'the node said goodbye')
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
      const { handlers } = this.#listener.context
      handlers.onPayments(records.subarray(skipCount * paymentRecordBytes), count - skipCount)
    }
    this.receiver.accept(firstSequence, count)
    this.#listener.sessions.record(this.session, this.receiver.lastSequence)
    this.#owesAck = true
  }

  #onRequest(request: RequestMessage): void {
    const { id, kind } = request
    const result: Result<unknown, string> = this.#listener.context.handlers.onRequest(kind, request.params)
    this.#link.send({ type: 'reply', id, kind, result } as ReplyMessage)
  }

  #payAck(): void {
    if (this.#owesAck) this.acknowledge(this.#listener.grantWindow(this.receiver))
  }

  #violated(reason: string): void {
    this.#listener.context.trace.blame('protocol', `the coordinator's end: ${reason}`)
  }
}
