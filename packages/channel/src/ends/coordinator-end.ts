import { assert, type Cancel, type Timers } from '@rinha/base'
import { onlyShard, type Shard } from '@rinha/payment'
import type { HandshakeCrypto } from '../handshake.ts'
import { ackGatherMs, askerCountMax, awayMsMax, coordinatorIdBytes, handshakeCountMax } from '../limits.ts'
import type { HelloMessage, KeptBy, Message, RefuseMessage, WelcomeMessage } from '../messages.ts'
import { creditTarget, PaymentReceiver, worthTelling } from '../payment-receiver.ts'
import type { ChannelHandlers, ChannelServer } from '../port.ts'
import { type Session, SessionTable } from '../session-table.ts'
import { hexOf } from './hex.ts'
import { Link } from './link.ts'
import { type ConnectionOwner, NodeConnection } from './node-connection.ts'
import {
  assertCoordinatorEndOptions,
  type CoordinatorEndOptions,
  handshakeTimeoutMsDefault,
} from './options.ts'
import type { ByteStream, Chance } from './ports.ts'
import { Traffic } from './traffic.ts'

export interface CoordinatorEndPorts {
  readonly timers: Timers
  readonly chance: Chance
  readonly crypto: HandshakeCrypto
}

/** A node that may come back. */
interface Away {
  readonly receiver: PaymentReceiver
  readonly bufferCountMax: number
  readonly cancelTimer: Cancel
}

/**
 * The coordinator's end of the channel: admits and counts the connections that it is given, and shares the room for
 * payments out among them.
 *
 * A connection is a stranger until its first message: HELLO begins a node's first connection, PROOF is the upward one of a
 * node that was challenged ({@link NodeConnection}). Both are strangers until the handshake is done. One session has one
 * pair of connections: when it comes again, the pair before is cut, since it can only be a half-open one.
 *
 * Invariants:
 *   1. At most `handshakeCountMax` connections are strangers', each for `handshakeTimeoutMs`, and at most `nodeCountMax` nodes
 *      have two each. A node counts until both have closed. Apart from them, at most `askerCountMax` that bring no payments have two
 *      each.
 *   2. The credit of all nodes together is at most the room there was when the last of it was granted.
 *   3. What a node takes while it is connected and knows of no room being short, or within its window, there is room for:
 *      room is short as soon as there is less of it than all nodes, and one more that joins, may hold. (Where several join
 *      while it gets short, what they take may be missing for others.)
 *   4. Until it serves, as a standby, it admits no node, and tells each that has proved itself who leads.
 *   5. What a peer sends never throws in here. What a handler throws is a bug of the coordinator's and is not caught:
 *      the process stops rather than go on with half an event.
 */
export class CoordinatorEnd implements ConnectionOwner {
  #handlers: ChannelHandlers | undefined
  readonly crypto: HandshakeCrypto
  readonly timers: Timers
  readonly sessions = new SessionTable()
  readonly #options: CoordinatorEndOptions
  readonly #coordinatorId: Uint8Array
  readonly #strangers = new Set<Link>()
  /** First connections that wait for their upward connection, by the nonce that they were sent. */
  readonly #challenged = new Map<string, NodeConnection>()
  /** The connected nodes, by session. */
  readonly #nodes = new Map<string, NodeConnection>()
  /**
   * Sessions whose connection was lost. The credit that they were granted stays reserved for a while, because they may
   * hold as many payments. There are at most `nodeCountMax`, and the oldest is dropped first: a process that restarts
   * again and again makes a new session each time.
   */
  readonly #away = new Map<string, Away>()
  /** Nodes that are owed an acknowledgement which no client waits for. */
  readonly #owing = new Set<NodeConnection>()
  #closing = false
  /** A peer that reconnects with the same problem again and again is logged once. */
  #lastProblem = ''

  constructor(
    options: CoordinatorEndOptions,
    handlers: ChannelHandlers | undefined,
    ports: CoordinatorEndPorts,
  ) {
    assertCoordinatorEndOptions(options)
    this.#options = options
    this.#handlers = handlers
    this.crypto = ports.crypto
    this.timers = ports.timers
    this.#coordinatorId = ports.chance.bytes(coordinatorIdBytes)
    assert(options.nodeCountMax <= this.sessions.countMax, 'every connected session fits the session table')
  }

  get handlers(): ChannelHandlers {
    assert(this.#handlers !== undefined, 'a standby has no nodes')
    return this.#handlers
  }

  /** Nodes are refused until now. */
  serve(handlers: ChannelHandlers): void {
    assert(this.#handlers === undefined, 'a standby begins to serve once')
    this.#handlers = handlers
  }

  /** Those that bring payments. Others that are connected only ask: the coordinators of other shards. */
  get #bringers(): readonly NodeConnection[] {
    return [...this.#nodes.values()].filter(node => node.bringsPayments)
  }

  /** The API nodes connected now, by the name each gave. */
  get nodes(): readonly string[] {
    return this.#bringers.map(node => node.name)
  }

  get nodeLoads(): ChannelServer['nodeLoads'] {
    const loads = new Map<string, { node: string; creditCount: number; traffic: Traffic }>()
    for (const { name: node, receiver, traffic } of this.#bringers) {
      const load = loads.get(node) ?? { node, creditCount: 0, traffic: new Traffic() }
      load.creditCount += receiver.outstandingCount
      load.traffic.add(traffic)
      loads.set(node, load)
    }
    return [...loads.values()]
  }

  /** Credit given and not used yet, of all nodes together: payments that may come at any moment. */
  get outstandingCount(): number {
    let count = 0
    for (const { receiver } of this.#nodes.values()) count += receiver.outstandingCount
    for (const { receiver } of this.#away.values()) count += receiver.outstandingCount
    return count
  }

  get roomShort(): boolean {
    let [heldCountMax, largest] = [0, 0]
    for (const nodes of [this.#nodes, this.#away])
      for (const { bufferCountMax } of nodes.values()) {
        heldCountMax += bufferCountMax
        largest = Math.max(largest, bufferCountMax)
      }
    return this.handlers.lastingRoomCount() < heldCountMax + largest
  }

  get retryAfterSeconds(): number {
    return this.handlers.retryAfterSeconds?.() ?? 0
  }

  /** Takes a new connection. */
  onConnection(stream: ByteStream): void {
    if (this.#closing || this.#strangers.size >= handshakeCountMax) return stream.destroy()
    const { handshakeTimeoutMs = handshakeTimeoutMsDefault } = this.#options
    const link: Link = new Link(
      stream,
      this.timers,
      {
        onMessage: message => this.#onFirstMessage(link, message, stream.peer),
        onNonsense: reason => link.end({ type: 'refuse', code: 'protocol', reason }, `protocol: ${reason}`),
        onPause: () => {},
        onDrained: () => {},
        onClosed: cause => {
          this.noStranger(link)
          this.problem(`a stranger at ${stream.peer}: ${cause}`)
        },
      },
      { answersPeer: true, openMsMax: handshakeTimeoutMs, traffic: new Traffic() },
    )
    this.#strangers.add(link)
  }

  #onFirstMessage(link: Link, message: Message, peer: string): void {
    if (message.type !== 'proof') return new NodeConnection(this, link, peer).onHandshakeMessage(message)
    const nonce = hexOf(message.serverNonce)
    const connection = this.#challenged.get(nonce)
    this.#challenged.delete(nonce)
    // The refusal does not reveal whether there was such a nonce.
    if (connection === undefined) link.end(undefined, 'a proof that answers no challenge')
    else connection.onProof(link, message)
  }

  challenged(connection: NodeConnection): void {
    this.#challenged.set(connection.nonce, connection)
  }

  /** Tells the nodes of room that has come back, and of a queue that has got too long or has not. */
  refreshWindows(): void {
    const roomCount = this.handlers.roomCount()
    const targetCount = this.#targetCount(roomCount)
    let freeCount = this.#freeCount(roomCount)
    const { roomShort, retryAfterSeconds } = this
    for (const node of this.#bringers) {
      if (!node.isConnected) continue
      const { receiver } = node
      const windowCount = receiver.windowFor(targetCount, freeCount, roomCount)
      const isTold = node.wasTold(roomShort, retryAfterSeconds)
      if (isTold && !worthTelling(receiver.advertisedCount, windowCount, targetCount)) continue
      const creditBefore = receiver.outstandingCount
      receiver.grant(targetCount, freeCount, roomCount)
      freeCount -= receiver.outstandingCount - creditBefore
      node.acknowledge(windowCount)
    }
  }

  /** Sends a goodbye to every node, and admits no new ones. */
  close(): void {
    this.#closing = true
    for (const { cancelTimer } of this.#away.values()) cancelTimer()
    for (const stranger of this.#strangers) stranger.destroy('the coordinator stops')
    for (const node of this.#nodes.values()) node.sayGoodbye('the coordinator stops')
  }

  problem(problem: string): void {
    if (problem === this.#lastProblem) return
    this.#lastProblem = problem
    this.#options.onProblem?.(problem)
  }

  grantWindow({ receiver, bringsPayments }: NodeConnection): number {
    if (!bringsPayments) return 0
    const roomCount = this.handlers.roomCount()
    return receiver.grant(this.#targetCount(roomCount), this.#freeCount(roomCount), roomCount)
  }

  get shard(): Shard {
    return this.#options.shard ?? onlyShard
  }

  admit(connection: NodeConnection, hello: HelloMessage): Omit<WelcomeMessage, 'proof'> | RefuseMessage {
    const { shard } = this
    if (shard.index !== hello.shard.index || shard.count !== hello.shard.count)
      return shardRefusal(shard, hello.shard)
    if (this.#handlers === undefined) return standbyRefusal(this.#options.leader?.())
    const known = this.sessions.find(connection.sessionId)
    const before = this.#nodes.get(connection.sessionId)
    connection.bufferCountMax = hello.bufferCountMax
    const { bringsPayments } = connection
    const others = [...this.#nodes.values()].filter(node => node.bringsPayments === bringsPayments)
    const countMax = bringsPayments ? this.#options.nodeCountMax : askerCountMax
    if (before === undefined && others.length >= countMax) {
      const reason = `${others.length} nodes are connected, as many as are allowed`
      return { type: 'refuse', code: 'nodes', reason }
    }
    const { acknowledgedSequence: sequence } = hello
    const session = known ?? { lastSequence: sequence, keptSequence: sequence }
    const { lastSequence, keptSequence } = session
    if (keptSequence < sequence) {
      const reason = `${sequence} payments acknowledged, of which ${keptSequence} were`
      return { type: 'refuse', code: 'protocol', reason }
    }
    before?.cut('its session connected again')
    if (bringsPayments) this.sessions.use(connection.sessionId, session)
    connection.session = session
    const away = this.#away.get(connection.sessionId)
    away?.cancelTimer()
    this.#away.delete(connection.sessionId)
    connection.receiver = (before ?? away)?.receiver ?? new PaymentReceiver(lastSequence)
    connection.receiver.reconnected(sequence)
    this.#nodes.set(connection.sessionId, connection)
    this.#lastProblem = ''
    // Conflicts that it has not been told follow the welcome: that one may not cover them.
    const acknowledgedSequence = connection.receiver.conflicts.size > 0 ? sequence : keptSequence
    const { predecessorId } = hello
    if (predecessorId.some(byte => byte !== 0) && hexOf(predecessorId) !== hexOf(this.#coordinatorId))
      this.handlers.onPredecessor?.()
    return {
      type: 'welcome',
      coordinatorId: this.#coordinatorId,
      acknowledgedSequence,
      windowCount: this.grantWindow(connection) + lastSequence - acknowledgedSequence,
      heartbeatMs: this.#options.heartbeatMs,
      keptBy: keptBy(this.handlers),
      epoch: this.handlers.term?.epoch ?? 0,
      ...connection.tell(),
    }
  }

  keep(sessionId: string, session: Session): void {
    const { lastSequence } = session
    const { whenJournaled } = this.handlers
    if (whenJournaled === undefined) {
      session.keptSequence = lastSequence
      return
    }
    whenJournaled(() => {
      session.keptSequence = Math.max(session.keptSequence, lastSequence)
      // The node may have connected again in the meantime, or be gone.
      this.#nodes.get(sessionId)?.onKept()
    })
  }

  gatherAck(connection: NodeConnection): void {
    if (this.#owing.size === 0) this.timers.after(ackGatherMs, () => this.#payAcks())
    this.#owing.add(connection)
  }

  #payAcks(): void {
    const owing = [...this.#owing]
    this.#owing.clear()
    for (const connection of owing) connection.payAck()
  }

  entered(): void {
    this.#options.onNodeChange?.(this.nodes)
  }

  noStranger(link: Link): void {
    this.#strangers.delete(link)
  }

  leave(connection: NodeConnection, isForGood: boolean): void {
    this.#challenged.delete(connection.nonce)
    const { sessionId, receiver, bufferCountMax, bringsPayments } = connection
    if (this.#nodes.get(sessionId) !== connection) return
    this.#nodes.delete(sessionId)
    this.#options.onNodeChange?.(this.nodes)
    if (this.#closing || !bringsPayments) return
    if (isForGood) return this.refreshWindows()
    const [oldest] = this.#away
    if (oldest !== undefined && this.#away.size >= this.#options.nodeCountMax) {
      oldest[1].cancelTimer()
      this.#away.delete(oldest[0])
    }
    const cancelTimer = this.timers.after(awayMsMax, () => {
      this.#away.delete(sessionId)
      // The credit of the lost connection is free again, perhaps for a node that waits for credit.
      this.refreshWindows()
    })
    this.#away.set(sessionId, { receiver, bufferCountMax, cancelTimer })
  }

  #targetCount(roomCount: number): number {
    return creditTarget(roomCount, this.#options.windowCountMax, this.#options.nodeCountMax)
  }

  #freeCount(roomCount: number): number {
    return Math.max(0, roomCount - this.outstandingCount)
  }
}

function keptBy({ whenJournaled, term }: ChannelHandlers): KeptBy {
  if (whenJournaled === undefined) return 'memory'
  return term?.isReplicated === true ? 'quorum' : 'disk'
}

function standbyRefusal(leader: string | undefined): RefuseMessage {
  const reason = `this coordinator is a standby${leader === undefined ? ', and knows no leader' : ''}`
  return { type: 'refuse', code: 'standby', reason, ...(leader !== undefined && { leader }) }
}

function shardRefusal(ours: Shard, asked: Shard): RefuseMessage {
  const reason = `this coordinator is shard ${ours.index} of ${ours.count}, and the node asks for shard ${asked.index} of ${asked.count}: SHARDS and COORDINATORS must be the same everywhere`
  return { type: 'refuse', code: 'shard', reason }
}
