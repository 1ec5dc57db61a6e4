import type { Timers } from '@rinha/base'
import { type HandshakeCrypto, type HandshakeFailure, NodeHandshake } from '../handshake.ts'
import type {
  CancelMessage,
  GoodbyeMessage,
  HelloMessage,
  Message,
  PaymentsMessage,
  ProofMessage,
  RefuseMessage,
  RequestMessage,
  WelcomeMessage,
} from '../messages.ts'
import { Link } from './link.ts'
import type { ByteStream } from './ports.ts'
import type { Traffic } from './traffic.ts'

/** The events that the owner of {@link NodeLinks} receives. `onClosed` is called once, and nothing after it. */
export interface NodeLinksOwner {
  /** The fields of HELLO. */
  claims(): Omit<HelloMessage, 'type' | 'version' | 'clientNonce'>
  readonly traffic: Traffic
  /** The coordinator has proved itself, and has both connections. */
  onWelcome(welcome: WelcomeMessage): void
  /** A message after WELCOME. */
  onMessage(message: Message): void
  /** The coordinator broke the protocol. The owner says so and ends the links. */
  onNonsense(reason: string): void
  /** A standby has refused this node; {@link onBroken} follows. */
  onStandby(leader: string | undefined): void
  /** The handshake failed, or one of the two connections is gone: the owner ends the links. */
  onBroken(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void
  /** Everything written on the upward connection has been sent, so the owner may write again. */
  onDrained(): void
  onClosed(cause: string): void
}

/**
 * The two connections of a node to the coordinator, as one: the first for the handshake, requests, and everything that the
 * coordinator says; the upward one for payments alone. Why there are two is said at the coordinator's end
 * (`node-connection.ts`).
 *
 *   HELLO → CHALLENGE → the upward connection is made, PROOF on it → WELCOME → open
 *
 * Invariants:
 *   1. A payment is written only after WELCOME: until then the node does not know whether the coordinator has the upward connection.
 *   2. When one of the two ends, both do. `onClosed` comes when both have closed.
 *   3. After end(), what was written upward still leaves: the upward connection ends when the first one has closed.
 */
export class NodeLinks {
  readonly #connect: (onConnected: () => void) => ByteStream
  readonly #timers: Timers
  readonly #owner: NodeLinksOwner
  readonly #handshakeTimeoutMs: number
  readonly #handshake: NodeHandshake
  readonly #first: Link
  #upward: Link | undefined
  #welcomed = false
  #ending = false
  #closedCount = 0
  #cause = ''

  constructor(
    ports: {
      readonly connect: (onConnected: () => void) => ByteStream
      readonly timers: Timers
      readonly crypto: HandshakeCrypto
    },
    owner: NodeLinksOwner,
    handshakeTimeoutMs: number,
  ) {
    this.#connect = ports.connect
    this.#timers = ports.timers
    this.#owner = owner
    this.#handshakeTimeoutMs = handshakeTimeoutMs
    this.#handshake = new NodeHandshake(ports.crypto)
    this.#first = this.#link(() => this.#first.send(this.#handshake.hello(owner.claims())), {
      onNonsense: reason => owner.onNonsense(reason),
      onMessage: message => (this.#welcomed ? owner.onMessage(message) : this.#onHandshakeMessage(message)),
      onDrained: () => {},
      onClosed: cause => this.#onFirstClosed(cause),
    })
  }

  /** True while the upward connection holds as much unsent data as it should. */
  get blocked(): boolean {
    return this.#upward === undefined || this.#upward.blocked
  }

  open(heartbeatMs: number): void {
    this.#first.open(heartbeatMs, 'both')
    this.#upward?.open(heartbeatMs, 'us')
  }

  send(message: RequestMessage | CancelMessage): void {
    this.#first.send(message)
  }

  sendPayments(payments: PaymentsMessage): void {
    this.#upward?.send(payments)
  }

  end(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    this.#ending = true
    this.#first.end(last, cause)
  }

  destroy(cause: string): void {
    this.#first.destroy(cause)
  }

  #link(
    onConnected: () => void,
    owner: {
      readonly onMessage: (message: Message) => void
      readonly onNonsense: (reason: string) => void
      readonly onDrained: () => void
      readonly onClosed: (cause: string) => void
    },
  ): Link {
    const stream = this.#connect(onConnected)
    return new Link(
      stream,
      this.#timers,
      {
        ...owner,
        onPause: () => {},
        onClosed: cause => owner.onClosed(`${stream.peer}: ${cause}`),
      },
      { answersPeer: false, openMsMax: this.#handshakeTimeoutMs, traffic: this.#owner.traffic },
    )
  }

  #onHandshakeMessage(message: Message): void {
    const step = this.#handshake.receive(message)
    if (step.kind === 'send') return this.#callUpward(step.message)
    if (step.kind === 'failed') {
      if (step.code === 'standby') this.#owner.onStandby(step.leader)
      return this.#owner.onBroken(step.refusal, explained(step))
    }
    this.#welcomed = true
    this.#owner.onWelcome(step.welcome)
  }

  #callUpward(proof: ProofMessage): void {
    this.#upward = this.#link(() => this.#upward?.send(proof), {
      onMessage: ({ type }) => this.#onUpwardNoise(`${type} on the upward connection`),
      onNonsense: reason => this.#onUpwardNoise(reason),
      onDrained: () => this.#owner.onDrained(),
      onClosed: cause => this.#onUpwardClosed(cause),
    })
  }

  /** Before WELCOME the peer may be anything, so an error on the connection is not the coordinator's fault. */
  #onUpwardNoise(reason: string): void {
    if (this.#welcomed) this.#owner.onNonsense(reason)
    else this.#owner.onBroken(undefined, `another process answers on the upward connection: ${reason}`)
  }

  #onFirstClosed(cause: string): void {
    if (this.#upward === undefined) return this.#onClosed(cause)
    if (this.#ending) this.#upward.end(undefined, cause)
    else this.#upward.destroy(cause)
    this.#onClosed(cause)
  }

  #onUpwardClosed(cause: string): void {
    // Without a goodbye: the node comes back, perhaps with payments that room is set aside for.
    if (this.#closedCount === 0) this.#owner.onBroken(undefined, cause)
    this.#onClosed(cause)
  }

  #onClosed(cause: string): void {
    this.#cause ||= cause
    this.#closedCount += 1
    if (this.#closedCount === (this.#upward === undefined ? 1 : 2)) this.#owner.onClosed(this.#cause)
  }
}

function explained({ code, reason }: HandshakeFailure): string {
  if (code !== 'proof') return `the handshake failed (${code}): ${reason}`
  return `the handshake failed: ${reason}; CHANNEL_SECRET must be the same on this node and on the coordinator`
}
