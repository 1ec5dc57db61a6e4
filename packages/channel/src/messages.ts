import type { Result } from '@rinha/base'
import type { PaymentConflict, Shard } from '@rinha/payment'
import type { ChannelRequestKind, ChannelRequests } from './port.ts'

/**
 * The closed table of what may travel. docs/channel.md tells each field's unit and range and who may send what when.
 * On the wire a message is a msgpack array: its code, then its fields in the order in which they stand here.
 */
export const messageCodes = {
  hello: 1,
  challenge: 2,
  proof: 3,
  welcome: 4,
  refuse: 5,
  payments: 6,
  ack: 7,
  request: 8,
  reply: 9,
  heartbeat: 10,
  goodbye: 11,
  conflict: 12,
  cancel: 13,
} as const

/** Node → coordinator, first. Everything in it is covered by both proofs. */
export interface HelloMessage {
  readonly type: 'hello'
  readonly version: number
  readonly nodeName: string
  /** Chosen at random when the node's process starts: the sequence numbers below belong to it. */
  readonly sessionId: Uint8Array
  readonly clientNonce: Uint8Array
  /** What the node has been acknowledged: it holds nothing older. Where a coordinator that lost the session starts. */
  readonly acknowledgedSequence: number
  /** The most payments that it ever holds. 0: it brings none, and only asks. */
  readonly bufferCountMax: number
  /** The coordinator that welcomed it last; all zeros where none has. */
  readonly predecessorId: Uint8Array
  /** How often the node would speak at least. Both ends use the smaller of their two intervals. */
  readonly heartbeatMs: number
  /** The shard of the payments that this session brings, and how many shards the node knows. */
  readonly shard: Shard
}

/** A HELLO of another protocol version. Its first two fields are all that every version has in common. */
interface ForeignHelloMessage {
  readonly type: 'foreignHello'
  readonly version: number
}

/** Coordinator → node: nothing that depends on the secret. */
export interface ChallengeMessage {
  readonly type: 'challenge'
  readonly version: number
  readonly serverNonce: Uint8Array
}

/** Node → coordinator, first on the upward connection. */
export interface ProofMessage {
  readonly type: 'proof'
  /** The nonce of the CHALLENGE that this answers. The coordinator finds the first connection by it. */
  readonly serverNonce: Uint8Array
  readonly proof: Uint8Array
}

/** Coordinator → node: payments and requests may come. */
export interface WelcomeMessage {
  readonly type: 'welcome'
  /**
   * The coordinator's own proof. It is sent only to a node that has proved itself, and the node checks it before it
   * sends anything else.
   */
  readonly proof: Uint8Array
  /** Chosen at random when the coordinator's process starts. */
  readonly coordinatorId: Uint8Array
  /** The last sequence number of this session that it keeps, as in an ACK. */
  readonly acknowledgedSequence: number
  readonly windowCount: number
  readonly heartbeatMs: number
  /** Where payments are that `sequence` of an ACK acknowledges. */
  readonly keptBy: KeptBy
  /** Which leader of its replicated log it is. A higher one has taken over from all before it. 0: there is no such log. */
  readonly epoch: number
  /** The fields from here on are those of an ACK. */
  readonly roomShort: boolean
  readonly retryAfterSeconds: number
}

/** The coordinator's memory; a journal on its disk; a journal that a quorum of machines has on disk. */
export const keepers = ['memory', 'disk', 'quorum'] as const
export type KeptBy = (typeof keepers)[number]

export const refuseCodes = ['version', 'proof', 'nodes', 'protocol', 'standby', 'shard'] as const
export type RefuseCode = (typeof refuseCodes)[number]

/** Either end, instead of going on with the handshake. */
export interface RefuseMessage {
  readonly type: 'refuse'
  readonly code: RefuseCode
  readonly reason: string
  /** Of a standby that knows it: the address of the coordinator that leads. */
  readonly leader?: string
}

export interface PaymentsMessage {
  readonly type: 'payments'
  /** The sequence number of the first record. The others follow without a gap. */
  readonly firstSequence: number
  readonly records: Uint8Array
  /**
   * A client waits for the acknowledgement, or the node does because it has no room. Otherwise the acknowledgement may come
   * later, together with others.
   */
  readonly isAwaited: boolean
}

/**
 * Coordinator → node: it keeps every payment through `sequence` (in its journal, if it writes one), has those through
 * `queuedSequence` in memory, and takes `windowCount` beyond `sequence`. `roomShort`: it may never have room for more than
 * that, so the node is to take no more from its clients. `retryAfterSeconds`: what is new is to come again then, since the
 * queue is too long; 0 where it may come.
 */
export interface AckMessage {
  readonly type: 'ack'
  readonly sequence: number
  readonly queuedSequence: number
  readonly windowCount: number
  readonly roomShort: boolean
  readonly retryAfterSeconds: number
}

/**
 * Coordinator → node, before the ACK that covers it: this payment is not taken, since its correlationId is another one's. The
 * node forgets it at that ACK as it does any other.
 */
export interface ConflictMessage extends PaymentConflict {
  readonly type: 'conflict'
  readonly sequence: number
}

export type RequestMessage = {
  [Kind in ChannelRequestKind]: {
    readonly type: 'request'
    readonly id: number
    readonly kind: Kind
    readonly params: ChannelRequests[Kind]['params']
  }
}[ChannelRequestKind]

export type ReplyMessage = {
  [Kind in ChannelRequestKind]: {
    readonly type: 'reply'
    readonly id: number
    readonly kind: Kind
    readonly result: Result<ChannelRequests[Kind]['result'], string>
  }
}[ChannelRequestKind]

/** Node → coordinator: the reply to this request is no longer needed. It may already have been sent. */
export interface CancelMessage {
  readonly type: 'cancel'
  readonly id: number
}

interface HeartbeatMessage {
  readonly type: 'heartbeat'
}

/** Either end, before it closes a connection that was open. */
export interface GoodbyeMessage {
  readonly type: 'goodbye'
  readonly reason: string
}

export type Message =
  | HelloMessage
  | ForeignHelloMessage
  | ChallengeMessage
  | ProofMessage
  | WelcomeMessage
  | RefuseMessage
  | PaymentsMessage
  | AckMessage
  | ConflictMessage
  | RequestMessage
  | ReplyMessage
  | CancelMessage
  | HeartbeatMessage
  | GoodbyeMessage

/** What an end may send; a message of another version is only ever received. */
export type OutgoingMessage = Exclude<Message, ForeignHelloMessage>
