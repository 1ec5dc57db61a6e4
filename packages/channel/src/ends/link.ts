import type { Cancel, Timers } from '@rinha/base'
import { decodeMessage, encodeMessage } from '../codec.ts'
import { FrameDecoder, type FrameProblem } from '../frame-decoder.ts'
import { frameBytesMax, handshakeFrameBytesMax, lingerMs, silentIntervalsMax } from '../limits.ts'
import { Liveness } from '../liveness.ts'
import type { GoodbyeMessage, Message, OutgoingMessage, RefuseMessage } from '../messages.ts'
import type { ByteStream } from './ports.ts'
import type { Traffic } from './traffic.ts'

/** The events that the owner of a {@link Link} receives. `onClosed` is called once, and nothing after it. */
export interface LinkOwner {
  onMessage(message: Message): void
  /** The peer sent bytes that are no message. The owner says so to the peer and ends the link. */
  onNonsense(reason: string): void
  /** Called after all messages of one read, so that one acknowledgement can cover them. */
  onPause(): void
  /** Everything written so far has been sent, so the owner may write again. */
  onDrained(): void
  onClosed(cause: string): void
}

/** Which ends speak on an open link: both, or only one, and then the other never does. */
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
  /** The owner changes when it is known which kind of connection this is. */
  owner: LinkOwner
  readonly #answersPeer: boolean
  readonly #decoder = new FrameDecoder(handshakeFrameBytesMax)
  readonly #liveness = new Liveness()
  #state: 'open' | 'ending' | 'closed' = 'open'
  #cause = 'closed by the other end'
  #traffic: Traffic
  #speakers: Speakers = 'both'
  #runsOut = false
  /** Cancels the timer that runs: the deadline's, then the heartbeat's, then that of the last second. */
  #cancelTimer: Cancel

  /** `openMsMax`: how long it may take until {@link open} is called. */
  constructor(
    stream: ByteStream,
    timers: Timers,
    owner: LinkOwner,
    options: { answersPeer: boolean; openMsMax: number; traffic: Traffic },
  ) {
    this.#stream = stream
    this.#timers = timers
    this.owner = owner
    this.#answersPeer = options.answersPeer
    this.#traffic = options.traffic
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

  /** Writes a message at once, after what is in the stream already. It does nothing on a link that is no longer open. */
  send(message: OutgoingMessage): void {
    if (this.#state !== 'open') return
    this.#liveness.onSent()
    this.#write(message)
  }

  #write(message: OutgoingMessage): void {
    const frame = encodeMessage(message)
    this.#traffic.sentCount += 1
    this.#traffic.sentBytes += frame.length
    this.#stream.write(frame)
  }

  /** Counts in another {@link Traffic} from now on, and adds what was counted so far. */
  countIn(traffic: Traffic): void {
    traffic.add(this.#traffic)
    this.#traffic = traffic
  }

  /** Sends the reason, and closes when it has been sent. `cause` is passed to the owner, for the logs of this side. */
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

  /** Reads what the peer has written to its end, if the end comes within the intervals for which the peer may be silent. */
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
    this.#traffic.receivedBytes += chunk.length
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
      this.#traffic.receivedCount += 1
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
    // The peer never speaks on this link, so its silence is no sign of a problem.
    if (this.#speakers === 'us') this.#liveness.onReceived()
    const action = this.#liveness.tick()
    if (action === 'lost') this.destroy(`silent for ${silentIntervalsMax} heartbeats of ${heartbeatMs} ms`)
    // A heartbeat does not count as having spoken in the next interval; otherwise only every second interval would have
    // one.
    if (action === 'speak' && this.#speakers !== 'peer' && !this.blocked) this.#write({ type: 'heartbeat' })
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
