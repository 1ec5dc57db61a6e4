import type { Socket } from 'node:net'
import { assert } from '@rinha/base'
import { decodeMessage, encodeMessage } from '../codec.ts'
import { FrameDecoder, type FrameProblem } from '../frame-decoder.ts'
import { frameBytesMax, handshakeFrameBytesMax, lingerMs, silentIntervalsMax } from '../limits.ts'
import { Liveness } from '../liveness.ts'
import type { GoodbyeMessage, Message, OutgoingMessage, RefuseMessage } from '../messages.ts'

/** What the owner of a {@link Link} hears. Nothing is called after `onClosed`, which is called once. */
export interface LinkOwner {
  onMessage(message: Message): void
  /** What the peer sent is no message. The owner says so to the peer and ends the link. */
  onNonsense(reason: string): void
  /** After all messages that were at hand: the place for one acknowledgement of all of them. */
  onPause(): void
  /** What was written has left: more may be. */
  onDrained(): void
  onClosed(cause: string): void
}

/**
 * One TCP connection as a stream of messages, the same for both ends.
 *
 * States: `open` → end() → `ending` (the last frame is on its way, whatever comes in is thrown away, cut after
 * {@link lingerMs}) → `closed`; destroy(), an error, the peer's end or a deadline lead to `closed` from anywhere.
 *
 * Memory: what is read is bounded by one chunk and one frame. What is written is bounded by its owner, which stops at
 * `blocked`; an end that answers what it reads (`answersPeer`) stops reading instead, between two frames if need be,
 * until its answers have left, so that a peer that asks and does not listen costs one socket buffer. Only one end may do
 * so: two that wait for each other to read would wait for ever.
 */
export class Link {
  readonly #socket: Socket
  readonly #owner: LinkOwner
  readonly #answersPeer: boolean
  readonly #decoder = new FrameDecoder(handshakeFrameBytesMax)
  readonly #liveness = new Liveness()
  #state: 'open' | 'ending' | 'closed' = 'open'
  #cause = 'closed by the other end'
  #timer: NodeJS.Timeout | undefined

  /** `openMsMax`: how long it may take until {@link open} is called. */
  constructor(socket: Socket, owner: LinkOwner, options: { answersPeer: boolean; openMsMax: number }) {
    this.#socket = socket
    this.#owner = owner
    this.#answersPeer = options.answersPeer
    this.#timer = setTimeout(() => {
      this.destroy(`no handshake within ${options.openMsMax} ms`)
    }, options.openMsMax)
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#read(chunk))
    socket.on('drain', () => this.#drained())
    // Several addresses that all failed give an error without a text of its own.
    socket.on('error', (error: NodeJS.ErrnoException) => this.#because(error.message || `${error.code}`))
    socket.on('close', () => this.#closed())
  }

  /** True while the socket holds as much unsent data as it should: nothing but short messages is to be written. */
  get blocked(): boolean {
    return this.#socket.writableNeedDrain
  }

  /** The peer has proved itself: whole frames from now on, and a heartbeat both ways instead of the deadline. */
  open(heartbeatMs: number): void {
    assert(this.#state === 'open', 'only a living link is opened')
    this.#decoder.payloadBytesMax = frameBytesMax
    clearTimeout(this.#timer)
    this.#timer = setInterval(() => this.#tick(heartbeatMs), heartbeatMs)
  }

  /** Writes a message at once, behind what is in the socket. Nothing happens on a link that is not open any more. */
  send(message: OutgoingMessage): void {
    if (this.#state !== 'open') return
    this.#liveness.onSent()
    this.#socket.write(encodeMessage(message))
  }

  /** Says why and closes when that has left. `cause` is what the owner is told, for the logs of this side. */
  end(last: GoodbyeMessage | RefuseMessage | undefined, cause: string): void {
    if (this.#state !== 'open') return
    if (last !== undefined) this.send(last)
    this.#because(cause)
    this.#state = 'ending'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.destroy(), lingerMs)
    // Bytes left unread would turn our end into a reset, and the peer would not learn why.
    this.#socket.resume()
    this.#socket.end()
  }

  destroy(cause: string): void {
    this.#because(cause)
    if (this.#state === 'open') this.#state = 'ending'
    this.#socket.destroy()
  }

  #because(cause: string): void {
    if (this.#state === 'open') this.#cause = cause
  }

  #read(chunk: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#liveness.onReceived()
    this.#decoder.push(chunk)
    this.#handleFrames()
  }

  /** Corked: what the owner answers to one chunk leaves in one write. */
  #handleFrames(): void {
    this.#socket.cork()
    while (this.#state === 'open' && !(this.#answersPeer && this.blocked)) {
      const payload = this.#decoder.next()
      if (payload === undefined) break
      if (typeof payload === 'string') {
        this.#owner.onNonsense(frameProblems[payload])
        break
      }
      const message = decodeMessage(payload)
      if (message.ok) this.#owner.onMessage(message.value)
      else this.#owner.onNonsense(message.error)
    }
    if (this.#state === 'open') this.#owner.onPause()
    this.#socket.uncork()
    if (this.#answersPeer && this.blocked && this.#state === 'open') this.#socket.pause()
  }

  #drained(): void {
    if (this.#state !== 'open') return
    if (this.#answersPeer) {
      this.#handleFrames()
      if (!this.blocked) this.#socket.resume()
    }
    if (this.#state === 'open') this.#owner.onDrained()
  }

  #tick(heartbeatMs: number): void {
    const action = this.#liveness.tick()
    if (action === 'lost') this.destroy(`silent for ${silentIntervalsMax} heartbeats of ${heartbeatMs} ms`)
    if (action === 'speak' && !this.blocked) this.send({ type: 'heartbeat' })
  }

  #closed(): void {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#owner.onClosed(this.#cause)
  }
}

const frameProblems: Readonly<Record<FrameProblem, string>> = {
  overlong: 'a frame longer than the limit',
  empty: 'a frame without a payload',
}
