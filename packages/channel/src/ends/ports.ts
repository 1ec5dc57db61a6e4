/**
 * What the two ends need of their surroundings beside timers: a stream of bytes, and chance. `tcp/` gives them sockets and
 * the platform's, the simulator wires that break and its own; `contract.ts` says what either has to do.
 */

/** The events that the owner of a {@link ByteStream} receives. They never come during one of its own calls. */
export interface StreamEvents {
  /** The chunk is the owner's to keep. */
  onData(chunk: Uint8Array): void
  /** Everything that was written has been sent. Called only after {@link ByteStream.needsDrain} was true. */
  onDrained(): void
  /** What went wrong. The stream closes after it. */
  onError(reason: string): void
  /** The last event, once, whichever end closed it. */
  onClosed(): void
}

/** One end of a connection: bytes both ways, in order. What a TCP socket is, as far as the channel uses it. */
export interface ByteStream {
  /** The address of the other end, for logs. */
  readonly peer: string
  /** True from the moment when too much unsent data waits, until all of it has left. It stays false after the end. */
  readonly needsDrain: boolean
  /** Events begin, and bytes flow. Called once. */
  attach(events: StreamEvents): void
  /** `bytes` stay as they are. Nothing happens on a stream that has ended. */
  write(bytes: Uint8Array): void
  /** Holds back what is written until {@link uncork}, so that it is sent in one piece. */
  cork(): void
  uncork(): void
  /**
   * No more `onData` until {@link resume}; the other end feels it when its own stream needs a drain. What comes meanwhile is
   * kept as it comes, in chunks: an owner that pauses at each of them reads one for each {@link resume}.
   */
  pause(): void
  resume(): void
  /** What was written, corked or not, still leaves; then this end sends nothing more, and both close. */
  end(): void
  /** Closes now, whatever was still to leave. */
  destroy(): void
}

export interface Chance {
  /** A number in [0, 1), evenly. */
  unit(): number
  /** Random bytes that nobody can predict. */
  bytes(count: number): Uint8Array
}
