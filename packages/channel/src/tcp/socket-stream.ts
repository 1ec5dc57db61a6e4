import type { Socket } from 'node:net'
import type { ByteStream, StreamEvents } from '../ends/ports.ts'

/** A TCP socket as the ends of the channel use it. Made with noDelay: a batch is written whole, there is nothing to wait for. */
export class SocketStream implements ByteStream {
  readonly peer: string
  readonly #socket: Socket

  constructor(socket: Socket, peer: string) {
    this.#socket = socket
    this.peer = peer
    // An error that nobody listens for would stop the process; it is followed by the close, which is listened for.
    socket.on('error', () => {})
  }

  get needsDrain(): boolean {
    return this.#socket.writableNeedDrain
  }

  attach(events: StreamEvents): void {
    this.#socket.on('data', chunk => events.onData(chunk))
    this.#socket.on('drain', () => events.onDrained())
    // If several addresses all failed, the error has no text of its own.
    this.#socket.on('error', (error: NodeJS.ErrnoException) =>
      events.onError(error.message || `${error.code}`),
    )
    this.#socket.on('close', () => events.onClosed())
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
