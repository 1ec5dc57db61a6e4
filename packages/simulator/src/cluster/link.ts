import {
  decodeMessage,
  encodeMessage,
  FrameDecoder,
  frameBytesMax,
  handshakeFrameBytesMax,
  Liveness,
  lingerMs,
  type Message,
  type OutgoingMessage,
} from '@rinha/channel'
import type { World } from '../world.ts'
import type { WireEnd } from './wire.ts'

/** What the owner of a {@link SimLink} hears. Nothing is called after `onClosed`, which is called once. */
export interface LinkOwner {
  onMessage(message: Message): void
  onNonsense(reason: string): void
  /** After all messages that were at hand: the place for one acknowledgement of all of them. */
  onPause(): void
  onDrained(): void
  onClosed(cause: string): void
}

/**
 * A stream of messages over a {@link WireEnd}: the counterpart of the channel's `tcp/link.ts`, made of the same frame
 * decoder, codec and liveness; only the socket and the timers are others.
 *
 * States as there: `open` → end() → `ending` → `closed`; destroy(), the wire's end or a deadline lead to `closed`.
 */
export class SimLink {
  readonly #world: World
  readonly #wire: WireEnd
  readonly #owner: LinkOwner
  readonly #decoder = new FrameDecoder(handshakeFrameBytesMax)
  readonly #liveness = new Liveness()
  /** This end answers what it reads, and stops reading while its answers do not leave. */
  readonly #answersPeer: boolean
  #state: 'open' | 'ending' | 'closed' = 'open'
  #opened = false
  #cause: string | undefined

  constructor(
    world: World,
    wire: WireEnd,
    owner: LinkOwner,
    options: { readonly answersPeer: boolean; readonly openMsMax: number },
  ) {
    this.#world = world
    this.#wire = wire
    this.#owner = owner
    this.#answersPeer = options.answersPeer
    wire.owner = {
      onBytes: chunk => this.#read(chunk),
      onDrained: () => this.#drained(),
      onClosed: cause => this.#closed(cause),
    }
    world.after(options.openMsMax, () => {
      if (!this.#opened && this.#state !== 'closed')
        this.destroy(`no handshake within ${options.openMsMax} ms`)
    })
  }

  get blocked(): boolean {
    return this.#wire.full
  }

  /** The peer has proved itself: whole frames, and heartbeats. */
  open(heartbeatMs: number): void {
    this.#opened = true
    this.#decoder.payloadBytesMax = frameBytesMax
    this.#world.after(heartbeatMs, () => this.#tick(heartbeatMs))
  }

  send(message: OutgoingMessage): void {
    if (this.#state !== 'open') return
    this.#liveness.onSent()
    // The encoder's bytes lie in a buffer that it uses again, as a socket's write would copy them.
    this.#wire.write(encodeMessage(message).slice())
  }

  /** Says why, and closes when that has left. */
  end(last: OutgoingMessage | undefined, cause: string): void {
    if (this.#state !== 'open') return
    if (last !== undefined) this.send(last)
    this.#cause ??= cause
    this.#state = 'ending'
    this.#world.after(lingerMs, () => this.#wire.destroy(cause))
    this.#wire.end()
  }

  destroy(cause: string): void {
    this.#cause ??= cause
    if (this.#state === 'open') this.#state = 'ending'
    this.#wire.destroy(cause)
  }

  #read(chunk: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#liveness.onReceived()
    this.#decoder.push(chunk)
    this.#handleFrames()
  }

  #handleFrames(): void {
    while (this.#state === 'open' && !(this.#answersPeer && this.blocked)) {
      const payload = this.#decoder.next()
      if (payload === undefined) break
      if (typeof payload === 'string') {
        this.#owner.onNonsense(payload)
        break
      }
      const message = decodeMessage(payload)
      if (message.ok) this.#owner.onMessage(message.value)
      else this.#owner.onNonsense(message.error)
    }
    if (this.#state === 'open') this.#owner.onPause()
  }

  #drained(): void {
    if (this.#state !== 'open') return
    if (this.#answersPeer) this.#handleFrames()
    if (this.#state === 'open') this.#owner.onDrained()
  }

  #tick(heartbeatMs: number): void {
    if (this.#state !== 'open') return
    const action = this.#liveness.tick()
    if (action === 'lost') return this.destroy(`silent for several heartbeats of ${heartbeatMs} ms`)
    if (action === 'speak' && !this.blocked) this.send({ type: 'heartbeat' })
    this.#world.after(heartbeatMs, () => this.#tick(heartbeatMs))
  }

  #closed(cause: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#owner.onClosed(this.#cause ?? cause)
  }
}
