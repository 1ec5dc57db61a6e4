import { assert } from '@rinha/base'
import type { Shard } from '@rinha/payment'
import { heartbeatMsMax, heartbeatMsMin, nodeNamePattern, windowCountLimit } from '../limits.ts'

export interface NodeEndOptions {
  readonly nodeName: string
  /** Payments held until they are acknowledged, each as its record. 0: it brings none, only asks, and is no API node. */
  readonly bufferCountMax: number
  /** How long the coordinator may take over a request. */
  readonly requestTimeoutMs: number
  /** Requests that wait for their reply at one time; more are answered `unavailable`. */
  readonly requestCountMax: number
  /** How often this end speaks at least; the smaller of the two ends' values holds for both. */
  readonly heartbeatMs: number
  /** The ceiling of the first wait before connecting again, doubled for each further one, with full jitter. */
  readonly reconnectMsMin: number
  readonly reconnectMsMax: number
  /**
   * The addresses of the coordinators, of which one leads; missing where there is one. With several, a request that can be asked
   * twice is asked again after a lost connection, within its timeout.
   */
  readonly candidates?: readonly string[]
  /** Whose payments travel here; missing where there is one shard. */
  readonly shard?: Shard
  /** How long connecting and the handshake may take together. */
  readonly handshakeTimeoutMs?: number
  /** How long payments may wait without any acknowledgement. After that, none are taken until one arrives. */
  readonly bufferAgeMsMax: number
  readonly onConnectedChange?: (connected: boolean) => void
  /** A line for the log: what is wrong and what to do. A repeated line is logged once. */
  readonly onProblem?: (problem: string) => void
}

export interface CoordinatorEndOptions {
  /** The most payments that one node may have on the way. */
  readonly windowCountMax: number
  /** API nodes connected at one time. */
  readonly nodeCountMax: number
  readonly heartbeatMs: number
  /** Nodes that ask for another one are refused; missing where there is one shard. */
  readonly shard?: Shard
  /** How long both connections and the handshake may take together. */
  readonly handshakeTimeoutMs?: number
  /** While it is a standby: the address of the coordinator that leads, where it is known. */
  readonly leader?: () => string | undefined
  /** Called with the names of the connected nodes whenever they change. */
  readonly onNodeChange?: (nodes: readonly string[]) => void
  readonly onProblem?: (problem: string) => void
}

export const handshakeTimeoutMsDefault = 5000

/** Settings are validated where they are read. A wrong value here is a bug. */
export function assertNodeEndOptions(options: NodeEndOptions): void {
  assertHeartbeat(options.heartbeatMs)
  assertHandshakeTimeout(options.handshakeTimeoutMs)
  assert(
    nodeNamePattern.test(options.nodeName),
    'nodeName is 1 to 64 letters, digits, dots, hyphens, underscores',
  )
  assert(isPositive(options.requestTimeoutMs), 'requestTimeoutMs is a positive integer')
  assert(isPositive(options.requestCountMax), 'requestCountMax is a positive integer')
  assert(isPositive(options.bufferAgeMsMax), 'bufferAgeMsMax is a positive integer')
  assert(isPositive(options.reconnectMsMin), 'reconnectMsMin is a positive integer')
  assert(options.reconnectMsMin <= options.reconnectMsMax, 'reconnectMsMin is at most reconnectMsMax')
}

export function assertCoordinatorEndOptions(options: CoordinatorEndOptions): void {
  assertHeartbeat(options.heartbeatMs)
  assert(isPositive(options.windowCountMax), 'windowCountMax is a positive integer')
  assert(options.windowCountMax <= windowCountLimit, 'windowCountMax fits 32 bits')
  assert(isPositive(options.nodeCountMax), 'nodeCountMax is a positive integer')
  assertHandshakeTimeout(options.handshakeTimeoutMs)
}

function assertHandshakeTimeout(handshakeTimeoutMs = handshakeTimeoutMsDefault): void {
  assert(isPositive(handshakeTimeoutMs), 'handshakeTimeoutMs is a positive integer')
}

function assertHeartbeat(heartbeatMs: number): void {
  assert(Number.isSafeInteger(heartbeatMs), 'heartbeatMs is an integer')
  assert(heartbeatMs >= heartbeatMsMin && heartbeatMs <= heartbeatMsMax, 'heartbeatMs is within its limits')
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}
