import type { Timers } from '@rinha/base'
import type { ChannelClient } from '@rinha/channel'
import type { AckLevel } from './ack-level.ts'

/**
 * One HTTP request, readable until the call that hands it over returns. This and {@link HttpResponse} are the part of
 * uWebSockets.js that the node uses, under its names: the library serves them as they are, without an object more for
 * each request. The simulator serves them too, and is strict about what the library leaves to chance.
 */
export interface HttpRequest {
  /** The name is in lower case. */
  getMethod(): string
  /** The path as it came, without the query. */
  getUrl(): string
  getQuery(): string
  /** The value of a header's first line, named in lower case; empty where there is none. */
  getHeader(lowerCaseName: string): string
  /** Every header line, its name in lower case. */
  forEach(run: (name: string, value: string) => void): void
}

/** The way to the one answer of a request. It must not be touched once it has ended or its client has left. */
export interface HttpResponse {
  /** `run` is called where the client leaves before the end. */
  onAborted(run: () => void): unknown
  /** The body, piece by piece, after the call that handed over the request. Each piece is valid during its call. */
  onData(take: (piece: ArrayBuffer, isLast: boolean) => void): unknown
  /** Reads nothing more from the connection until {@link resume}. */
  pause(): unknown
  resume(): unknown
  /** Everything that `run` writes is sent in one piece. */
  cork(run: () => void): unknown
  writeStatus(status: string): unknown
  writeHeader(name: string, value: string): unknown
  end(body?: string, closeConnection?: boolean): unknown
  endWithoutBody(): unknown
}

/** The name of an API key's holder. */
export interface KeyHolder {
  readonly name: string
  /** A whole number, at least 1; without one there is no limit. */
  readonly requestsPerSecond?: number
}

/** The ports of a node. */
export interface NodePorts {
  /** One for each shard, in their order. */
  readonly channels: readonly ChannelClient[]
  readonly timers: Pick<Timers, 'after'>
  /** Told of each answer: the path as the document has it (`other` for one that it does not have), and how long it took. */
  readonly onAnswered?: (path: string, status: number, tookMs: number) => void
  /** The name of a key's owner, if clients need keys. The comparison takes the same time for every key. */
  readonly keyHolderOf?: (key: string) => KeyHolder | undefined
  /** The monotonic clock, which never steps. It is used for intervals only. */
  readonly monotonicMs: () => number
}

export interface NodeOptions {
  readonly nodeName: string
  readonly bodyBytesMax: number
  readonly bodyMsMax: number
  /** The acknowledgement level of requests that do not ask for one. */
  readonly ackLevel: AckLevel
  /** The lowest acknowledgement level, whatever a request asks for. */
  readonly ackLevelMin: AckLevel
  /** How long a client waits for its level. */
  readonly ackWaitMsMax: number
  /** How long a client may wait for the end of a payment; 0: not at all. */
  readonly waitSecondsMax: number
  /** Clients that wait for that at one time; others are answered at once. */
  readonly waitCountMax: number
}
