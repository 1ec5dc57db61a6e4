import { assert } from '@rinha/base'
import { paymentRecordBytes, processorCountMax, shardCountMax } from '@rinha/payment'

/**
 * Every limit of the channel, each with its reason. They are part of the protocol: docs/channel.md lists them, and a
 * change of one that the other end can notice is a new {@link protocolVersion}.
 */

/** Told in HELLO and CHALLENGE. Two ends of different versions do not talk. */
export const protocolVersion = 9

/** Bytes in front of every payload: its length, unsigned, big-endian. */
export const frameHeaderBytes = 4

/** The longest payload. Ten full PAYMENTS frames; small enough that a lying length costs little memory. */
export const frameBytesMax = 256 * 1024

/**
 * The longest payload before the peer has proved that it knows the secret, so that a stranger can use only this much
 * memory.
 */
export const handshakeFrameBytesMax = 1024

/** Payments in one frame: 24 KiB, so that a request behind a full frame waits for microseconds. */
export const paymentsPerFrameMax = 1024

/** Levels of arrays in a payload: the message, the fields of a result, a list among them, a row of the list. */
export const nestingMax = 4

/** Values in one payload, all levels together: a summary of {@link processorCountMax} rows, with room to spare. */
export const valueCountMax = 512

export const sessionIdBytes = 16
export const coordinatorIdBytes = 16
/** As long as the HMAC's output: two connections never share a pair of nonces. */
export const nonceBytes = 32
/** HMAC-SHA256. */
export const proofBytes = 32

/** A node's name goes into logs and metric labels: short, and of characters that need no quoting there. */
export const nodeNamePattern = /^[A-Za-z0-9._-]{1,64}$/
export const processorNameCharsMax = 64
/** The address of a leader, as nodes know it. */
export const addressPattern = /^[A-Za-z0-9._:[\]-]{1,255}$/
/** Epochs of a replicated log are 32 bits. */
export const epochMax = 2 ** 32 - 1
/** A reason is for a person to read; longer ones are clipped when they are sent. */
export const reasonCharsMax = 256

/** Request ids are 32 bits and wrap around: far more than can be pending. */
export const requestIdMax = 2 ** 32 - 1
/** The longest wait for the end of a payment that a node may ask for. */
export const waitMsMax = 300_000
/** The longest pause that is asked of a client before it posts again. Nobody can predict the load an hour ahead. */
export const retryAfterSecondsMax = 3600
/** A window fits 32 bits. */
export const windowCountLimit = 2 ** 32 - 1
/** Sequence numbers are integers that a double holds exactly: at a million payments a second, 285 years. */
export const sequenceMax = Number.MAX_SAFE_INTEGER

/**
 * Intervals without a byte from the peer after which it counts as gone. With fewer, a pause for garbage collection
 * would count as a loss.
 */
export const silentIntervalsMax = 3
/**
 * Bounds of the interval that a peer may ask for. Below the first, heartbeats would be most of the load; above the
 * second, a lost peer would not be noticed.
 */
export const heartbeatMsMin = 10
export const heartbeatMsMax = 60_000

/**
 * The longest delay of an acknowledgement that no client waits for, so that several leave together. Each acknowledgement is a write at
 * the coordinator and a wake-up at the node. Until it comes, the node keeps a payment that the coordinator has already.
 */
export const ackGatherMs = 100

/** Connections that have not proved themselves yet; more are closed on arrival. */
export const handshakeCountMax = 64
/** Coordinators of other shards that are connected, which bring no payments: those that lead, and as many that are about to. */
export const askerCountMax = 2 * shardCountMax
/**
 * Sessions whose last sequence number the coordinator remembers after they disconnected. That is enough for several
 * restarts of every node.
 */
export const sessionCountMax = 1024
/** Conflicts that are told again to a node that has connected again, the latest: far more than are on the way at once. */
export const conflictCountMax = 1000
/** How long room stays set aside for a node that is away: far longer than connecting again takes. */
export const awayMsMax = 30_000
/** How long a connection may take to close after a goodbye before it is cut. */
export const lingerMs = 1000

assert(paymentsPerFrameMax * paymentRecordBytes + 64 <= frameBytesMax, 'a full PAYMENTS frame fits a frame')
assert(processorCountMax * 4 + 16 <= valueCountMax, 'a full summary fits a frame')
assert(
  nonceBytes + proofBytes + sessionIdBytes + 256 <= handshakeFrameBytesMax,
  'the handshake fits its frames',
)
