import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { assert } from '@rinha/base'
import type { HandshakeCrypto } from '../handshake.ts'
import { coordinatorIdBytes, handshakeCountMax } from '../limits.ts'
import type { HelloMessage, RefuseMessage, WelcomeMessage } from '../messages.ts'
import { creditTarget, PaymentReceiver, worthTelling } from '../payment-receiver.ts'
import type { ChannelHandlers, ChannelServer } from '../port.ts'
import { SessionTable } from '../session-table.ts'
import { handshakeCrypto } from './crypto.ts'
import { type Hub, NodeConnection } from './node-connection.ts'
import { assertServerOptions, type ChannelServerOptions } from './options.ts'

/**
 * The coordinator's end of the channel, once it listens. Rejects with an `Error` that says what to do where the port
 * cannot be had; its `code` is the platform's (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …).
 */
export function listenChannel(
  options: ChannelServerOptions,
  handlers: ChannelHandlers,
): Promise<ChannelServer> {
  assertServerOptions(options)
  return new TcpChannelServer(options, handlers).listen()
}

/**
 * Listens, admits and counts connections, and shares the room for payments out among them.
 *
 * A connection is a stranger until its handshake is done, then a node. One session has one connection: when it comes
 * again, the one before is cut, since it can only be a half-open one.
 *
 * Invariants:
 *   1. At most `handshakeCountMax` strangers and `nodeCountMax` nodes are connected.
 *   2. The credit of all nodes together is at most the room there was when the last of it was granted.
 *   3. What a peer sends never throws in here. What a handler throws is a bug of the coordinator's and is not caught:
 *      the process stops rather than go on with half an event.
 */
class TcpChannelServer implements ChannelServer, Hub {
  readonly options: ChannelServerOptions
  readonly handlers: ChannelHandlers
  readonly crypto: HandshakeCrypto
  readonly sessions: SessionTable
  readonly #coordinatorId = new Uint8Array(randomBytes(coordinatorIdBytes))
  readonly #server: Server
  readonly #strangers = new Set<NodeConnection>()
  /** By session. */
  readonly #nodes = new Map<string, NodeConnection>()
  #closing = false
  #port = 0
  /** A peer that comes back with the same problem again and again is told of once. */
  #lastProblem = ''

  constructor(options: ChannelServerOptions, handlers: ChannelHandlers) {
    this.options = options
    this.handlers = handlers
    this.crypto = handshakeCrypto(options.secret)
    this.sessions = options.sessions ?? new SessionTable()
    assert(options.nodeCountMax <= this.sessions.countMax, 'every connected session fits the session table')
    this.#server = createServer({ noDelay: true }, socket => this.#onSocket(socket))
  }

  listen(): Promise<ChannelServer> {
    const { host, port } = this.options
    return new Promise((resolve, reject) => {
      this.#server.once('error', error => reject(listenProblem(error, host, port)))
      this.#server.listen({ host, port }, () => {
        this.#port = (this.#server.address() as AddressInfo).port
        this.#server.removeAllListeners('error')
        // Out of file descriptors, say: the connection is not made, those that are go on.
        this.#server.on('error', error =>
          this.problem(`a connection could not be accepted: ${error.message}`),
        )
        resolve(this)
      })
    })
  }

  get port(): number {
    return this.#port
  }

  get nodes(): readonly string[] {
    return [...this.#nodes.values()].map(node => node.name)
  }

  refreshWindows(): void {
    const roomCount = this.handlers.roomCount()
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

  close(): Promise<void> {
    this.#closing = true
    for (const stranger of this.#strangers) stranger.cut('the coordinator stops')
    for (const node of this.#nodes.values()) node.sayGoodbye('the coordinator stops')
    return new Promise(resolve => {
      this.#server.close(() => resolve())
    })
  }

  problem(problem: string): void {
    if (problem === this.#lastProblem) return
    this.#lastProblem = problem
    this.options.onProblem?.(problem)
  }

  grantWindow(receiver: PaymentReceiver): number {
    const roomCount = this.handlers.roomCount()
    return receiver.grant(this.#targetCount(roomCount), this.#freeCount(roomCount), roomCount)
  }

  admit(connection: NodeConnection, hello: HelloMessage): WelcomeMessage | RefuseMessage {
    const known = this.sessions.lastSequence(connection.session)
    const before = this.#nodes.get(connection.session)
    if (before === undefined && this.#nodes.size >= this.options.nodeCountMax) {
      const reason = `${this.#nodes.size} nodes are connected, as many as are allowed`
      return { type: 'refuse', code: 'nodes', reason }
    }
    const lastSequence = known ?? hello.acknowledgedSequence
    if (lastSequence < hello.acknowledgedSequence) {
      const reason = `${hello.acknowledgedSequence} payments acknowledged, of which ${lastSequence} came`
      return { type: 'refuse', code: 'protocol', reason }
    }
    before?.cut('its session connected again')
    this.#strangers.delete(connection)
    connection.receiver = new PaymentReceiver(lastSequence)
    this.sessions.record(connection.session, lastSequence)
    this.#nodes.set(connection.session, connection)
    this.#lastProblem = ''
    const windowCount = this.grantWindow(connection.receiver)
    const { heartbeatMs } = this.options
    const coordinatorId = this.#coordinatorId
    return { type: 'welcome', coordinatorId, acknowledgedSequence: lastSequence, windowCount, heartbeatMs }
  }

  entered(): void {
    this.options.onNodeChange?.(this.nodes)
  }

  leave(connection: NodeConnection): void {
    this.#strangers.delete(connection)
    if (this.#nodes.get(connection.session) !== connection) return
    this.#nodes.delete(connection.session)
    this.options.onNodeChange?.(this.nodes)
    // Its credit is free again, perhaps for a node that stands still.
    if (!this.#closing) this.refreshWindows()
  }

  #onSocket(socket: Socket): void {
    if (this.#closing || this.#strangers.size >= handshakeCountMax) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    this.#strangers.add(new NodeConnection(this, socket))
  }

  #targetCount(roomCount: number): number {
    return creditTarget(roomCount, this.options.windowCountMax, this.options.nodeCountMax)
  }

  #freeCount(roomCount: number): number {
    let freeCount = roomCount
    for (const node of this.#nodes.values()) freeCount -= node.receiver.outstandingCount
    return Math.max(0, freeCount)
  }
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reason =
    error.code === 'EADDRINUSE'
      ? `port ${port} on ${host} is taken by another process: stop it or choose another channel port`
      : `cannot listen for API nodes on ${host}:${port}: ${error.message}`
  return Object.assign(new Error(reason, { cause: error }), { code: error.code })
}
