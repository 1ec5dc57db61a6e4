/**
 * What a link can suffer. One fault at a time; it lasts until the next one is set. "Connections" are those through the
 * proxy; the *client* is the side that connected to it, the *target* the side that it connects to.
 */
export type ProxyFault =
  /**
   * Every piece of data arrives later by `delayMs` and up to `jitterMs` more, in both directions. Order is kept, so that a
   * piece with little jitter waits for the one before it, as in TCP.
   */
  | { readonly kind: 'latency'; readonly delayMs: number; readonly jitterMs: number }
  /** Data trickles: so many bytes a second in each direction of each connection. */
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  /** Every connection is reset on both sides, and each new one as soon as it is accepted. */
  | { readonly kind: 'reset' }
  /**
   * Requests reach the target; at the first bytes of its answer the client's side is reset in their place. The target
   * sees an orderly end after its answer. So what was asked for is done, and whoever asked does not know.
   */
  | { readonly kind: 'resetAfterRequest' }
  /**
   * A process that hangs: new connections are accepted, what they send is read and goes nowhere, nothing is answered.
   * Connections that exist go on.
   */
  | { readonly kind: 'halfOpen' }
  /**
   * The path loses everything: data of all connections, old and new, vanishes in both directions, and so do their ends.
   * Both sides believe that they are connected.
   */
  | { readonly kind: 'blackhole' }
  /** Nothing listens: connections are reset, and new ones refused by the system. */
  | { readonly kind: 'refuse' }

/** Data to be written at a time of `performance.now()`, or soon after. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly dueMs: number
}

/** Twenty pieces a second look like a trickle and keep the timers few. */
const dripPiecesPerSecond = 20

/**
 * The pieces in which `bytes`, read now, are written, none due before `notBeforeMs`, where the piece before them is.
 * `jitter` is a number in [0, 1).
 */
export function paced(
  fault: ProxyFault | undefined,
  bytes: Uint8Array,
  nowMs: number,
  notBeforeMs: number,
  jitter: number,
): readonly Piece[] {
  if (fault?.kind === 'latency') {
    return [{ bytes, dueMs: Math.max(notBeforeMs, nowMs + fault.delayMs + jitter * fault.jitterMs) }]
  }
  if (fault?.kind !== 'drip') return [{ bytes, dueMs: Math.max(notBeforeMs, nowMs) }]
  const pieceBytes = Math.max(1, Math.ceil(fault.bytesPerSecond / dripPiecesPerSecond))
  const pieces: Piece[] = []
  let dueMs = Math.max(notBeforeMs, nowMs)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes)
    dueMs += (piece.length / fault.bytesPerSecond) * 1000
    pieces.push({ bytes: piece, dueMs })
  }
  return pieces
}
