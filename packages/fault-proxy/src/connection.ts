import { connect, type Socket } from 'node:net'
import type { ProxyFault } from './fault.ts'
import { OneWay } from './one-way.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

export interface ConnectionOptions {
  readonly target: Target
  /** The fault there is when the client's connection is accepted; none that resets or refuses. */
  readonly fault: ProxyFault | undefined
  readonly onClosed: () => void
}

/**
 * One connection through the proxy: the client's socket and, unless it was accepted into silence, the target's.
 *
 * forwarding: from the start, where there is a target. Bytes, ends and resets of one side reach the other, at the pace of
 *   the fault there is.
 * silent: from the start of one accepted while half-open or in a black hole; from forwarding when a black hole opens. What
 *   comes is read and dropped, ends are not passed on. Since bytes are missing from the stream it never goes back:
 *   when the fault ends, the connection is reset, as by a firewall that forgot it.
 * cut: from forwarding, at the first bytes of an answer under `resetAfterRequest`. The client was reset; the target may
 *   finish its answer, which is dropped, and sees an orderly end.
 * closed: both sockets are.
 */
export class Connection {
  readonly #client: Socket
  readonly #target: Socket | undefined
  readonly #toTarget: OneWay | undefined
  readonly #toClient: OneWay | undefined
  readonly #onClosed: () => void
  #fault: ProxyFault | undefined
  #state: 'forwarding' | 'silent' | 'cut' | 'closed'

  constructor(client: Socket, { target, fault, onClosed }: ConnectionOptions) {
    this.#client = client
    this.#fault = fault
    this.#onClosed = onClosed
    this.#state = isSilent(fault) ? 'silent' : 'forwarding'
    if (this.#state === 'forwarding') {
      // Half-open is allowed on both sides, so that an end is passed on as an end, not as a close.
      this.#target = connect({ ...target, allowHalfOpen: true, noDelay: true })
      this.#toTarget = new OneWay(client, this.#target)
      this.#toClient = new OneWay(this.#target, client)
      this.#watch(this.#target, bytes => this.#fromTarget(bytes))
    }
    this.#watch(client, bytes => {
      if (this.#state === 'forwarding') this.#toTarget?.push(bytes, this.#fault)
    })
  }

  setFault(fault: ProxyFault | undefined): void {
    this.#fault = fault
    if (fault?.kind === 'reset' || fault?.kind === 'refuse') return this.reset()
    if (this.#state === 'silent') return isSilent(fault) ? undefined : this.reset()
    if (this.#state !== 'forwarding') return
    if (fault?.kind === 'blackhole') return this.#fallSilent()
    if (fault?.kind === 'latency' || fault?.kind === 'drip') return
    this.#toTarget?.hurry()
    this.#toClient?.hurry()
  }

  /** Ends both sides at once, each with a TCP reset. */
  reset(): void {
    this.#toTarget?.stop()
    this.#toClient?.stop()
    resetSocket(this.#client)
    if (this.#target !== undefined) resetSocket(this.#target)
  }

  #fromTarget(bytes: Uint8Array): void {
    if (this.#state !== 'forwarding') return
    if (this.#fault?.kind !== 'resetAfterRequest') return this.#toClient?.push(bytes, this.#fault)
    this.#state = 'cut'
    this.#toTarget?.stop()
    this.#toClient?.stop()
    resetSocket(this.#client)
    this.#target?.end()
  }

  #fallSilent(): void {
    this.#state = 'silent'
    this.#toTarget?.stop()
    this.#toClient?.stop()
  }

  #watch(socket: Socket, onBytes: (bytes: Uint8Array) => void): void {
    const onward = socket === this.#client ? this.#toTarget : this.#toClient
    socket.on('data', onBytes)
    socket.on('end', () => {
      if (this.#state === 'forwarding') onward?.end()
    })
    // What went wrong on one side is a reset on the other; `close` follows and does that.
    socket.on('error', () => {})
    socket.on('close', hadError => {
      if (this.#state === 'forwarding' && hadError) this.reset()
      else if (this.#state === 'forwarding') onward?.end()
      this.#closeWhenBothAre()
    })
  }

  #closeWhenBothAre(): void {
    if (this.#state === 'closed' || !this.#client.closed || this.#target?.closed === false) return
    this.#state = 'closed'
    this.#onClosed()
  }
}

/** Whether a connection accepted under this fault is never connected to the target. */
function isSilent(fault: ProxyFault | undefined): boolean {
  return fault?.kind === 'halfOpen' || fault?.kind === 'blackhole'
}

function resetSocket(socket: Socket): void {
  // A socket that is still connecting would be reset once it is connected, and until then live on.
  if (socket.connecting) socket.destroy()
  else if (!socket.destroyed) socket.resetAndDestroy()
}
