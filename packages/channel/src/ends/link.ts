import type { Cancel, Timers } from '@rinha/base'
import { decodeMessage, encodeMessage } from '../codec.ts'
import { FrameDecoder, type FrameProblem } from '../frame-decoder.ts'
import { frameBytesMax, handshakeFrameBytesMax, lingerMs, silentIntervalsMax } from '../limits.ts'
import { Liveness } from '../liveness.ts'
import type { GoodbyeMessage, Message, OutgoingMessage, RefuseMessage } from '../messages.ts'
import type { ByteStream } from './ports.ts'

/** What the owner of a {@link Link} hears. Nothing is called after `onClosed`, which is called once. */
export interface LinkOwner {
  onMessage(message: Message): void
  /** What the peer sent is no message. The owner says so to the peer and ends the link. */
  onNonsense(reason: string): void
  /** Called after all messages of one read, so that one acknowledgement can cover them. */
  onPause(): void
  /** What was written has left: more may be. */
  onDrained(): void
  onClosed(cause: string): void
}

/** Who speaks on an open link: both, or one of the two alone, with the other silent for good. */
export type Speakers = 'both' | 'us' | 'peer'

/**
 * One connection as a stream of messages, the same for both ends.
 *
 * States: `open` → end() → `ending` (the last frame is on its way, whatever comes in is thrown away, cut after
 * {@link lingerMs}) → `closed`; destroy(), an error, the peer's end or a deadline lead to `closed` from anywhere.
 *
 * Memory: what is read is bounded by one chunk and one frame. What is written is bounded by its owner, which stops at
 * `blocked`; an end that answers what it reads (`answersPeer`) stops reading instead, between two frames if need be,
 * until its answers have left, so that a peer that asks and does not listen costs one stream's buffer. Only one end may do
 * so: two that wait for each other to read would wait for ever.
 */
export class Link {
  readonly #stream: ByteStream
  readonly #timers: Timers
  /** Changes hands when it is known what the connection is. */
  owner: LinkOwner
  readonly #answersPeer: boolean
  readonly #decoder = new FrameDecoder(handshakeFrameBytesMax)
  readonly #liveness = new Liveness()
  #state: 'open' | 'ending' | 'closed' = 'open'
  #cause = 'closed by the other end'
  #speakers: Speakers = 'both'
  #runsOut = false
  /** Cancels the timer that runs: the deadline's, then the heartbeat's, then that of the last second. */
  #cancelTimer: Cancel

  /** `openMsMax`: how long it may take until {@link open} is called. */
  constructor(
    stream: ByteStream,
    timers: Timers,
    owner: LinkOwner,
    options: { answersPeer: boolean; openMsMax: number },
  ) {
    this.#stream = stream
    this.#timers = timers
    this.owner = owner
    this.#answersPeer = options.answersPeer
    this.#cancelTimer = timers.after(options.openMsMax, () => {
      this.destroy(`no handshake within ${options.openMsMax} ms`)
    })
    stream.attach({
      onData: chunk => this.#read(chunk),
      onDrained: () => this.#drained(),
      onError: reason => this.#because(reason),
      onClosed: () => this.#closed(),
    })
  }

  /** True while the stream holds as much unsent data as it should: nothing but short messages is to be written. */
  get blocked(): boolean {
    return this.#stream.needsDrain
  }

  /** The peer has proved itself: whole frames from now on, and heartbeats of who speaks instead of the deadline. */
  open(heartbeatMs: number, speakers: Speakers): void {
    if (this.#state !== 'open') return
    this.#speakers = speakers
    this.#decoder.payloadBytesMax = frameBytesMax
    this.#cancelTimer()
    this.#cancelTimer = this.#timers.every(heartbeatMs, () => this.#tick(heartbeatMs))
  }

  /** Writes a message at once, behind what is in the stream. Nothing happens on a link that is not open any more. */
  send(message: OutgoingMessage): void {
    if (this.#state !== 'open') return
    this.#liveness.onSent()
    this.#stream.write(encodeMessage(message))
  }

  /** Says why and closes when that has left. `cause` is what the owner is told, for the logs of this side. */
  end(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    if (this.#state !== 'open') return
    if (last !== undefined) this.send(last)
    this.#because(cause)
    this.#state = 'ending'
    this.#cancelTimer()
    this.#cancelTimer = this.#timers.after(lingerMs, () => this.#stream.destroy())
    // Bytes left unread would turn our end into a reset, and the peer would not learn why.
    this.#stream.resume()
    this.#stream.end()
  }

  /** What the peer has written is read to its end, if that comes within the intervals that it may be silent for. */
  runOut(): void {
    this.#runsOut = true
  }

  destroy(cause: string): void {
    this.#because(cause)
    if (this.#state === 'open') this.#state = 'ending'
    this.#stream.destroy()
  }

  #because(cause: string): void {
    if (this.#state === 'open') this.#cause = cause
  }

  #read(chunk: Uint8Array): void {
    if (this.#state !== 'open') return
    if (!this.#runsOut) this.#liveness.onReceived()
    this.#decoder.push(chunk)
    this.#handleFrames()
  }

  /** Corked: what the owner answers to one chunk leaves in one write. */
  #handleFrames(): void {
    this.#stream.cork()
    while (this.#state === 'open' && !(this.#answersPeer && this.blocked)) {
      const payload = this.#decoder.next()
      if (payload === undefined) break
      if (typeof payload === 'string') {
        this.owner.onNonsense(frameProblems[payload])
        break
      }
      const message = decodeMessage(payload)
      if (message.ok) this.owner.onMessage(message.value)
      else this.owner.onNonsense(message.error)
    }
    if (this.#state === 'open') this.owner.onPause()
    this.#stream.uncork()
    if (this.#answersPeer && this.blocked && this.#state === 'open') this.#stream.pause()
  }

  #drained(): void {
    if (this.#state !== 'open') return
    if (this.#answersPeer) {
      this.#handleFrames()
      if (!this.blocked) this.#stream.resume()
    }
    if (this.#state === 'open') this.owner.onDrained()
  }

  #tick(heartbeatMs: number): void {
    // Who hears nothing by agreement misses nothing.
    if (this.#speakers === 'us') this.#liveness.onReceived()
    const action = this.#liveness.tick()
    if (action === 'lost') this.destroy(`silent for ${silentIntervalsMax} heartbeats of ${heartbeatMs} ms`)
    // A heartbeat does not count as having spoken in the next interval; otherwise only every second interval would have
    // one.
    if (action === 'speak' && this.#speakers !== 'peer' && !this.blocked)
      this.#stream.write(encodeMessage({ type: 'heartbeat' }))
  }

  #closed(): void {
    this.#state = 'closed'
    this.#cancelTimer()
    this.owner.onClosed(this.#cause)
  }
}

const frameProblems: Readonly<Record<FrameProblem, string>> = {
  overlong: 'a frame longer than the limit',
  empty: 'a frame without a payload',
}
