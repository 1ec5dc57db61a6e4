import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type Piece, type ProxyFault, paced } from './fault.ts'

/** Bytes held back in one direction of one connection. Past it the sender is not read until half of them have left. */
const heldBytesMax = 64 * 1024

/**
 * One direction of a connection: what is read from one socket is written to the other, at once or at the pace of a
 * fault.
 *
 * Invariants:
 *   1. Bytes leave in the order in which they came, whatever the faults meanwhile.
 *   2. Held are at most {@link heldBytesMax} and one chunk: while there are more, or the other side takes no more, the
 *      sender is not read, and so feels it.
 *   3. The sender's end is passed on after its last byte.
 */
export class OneWay {
  readonly #from: Socket
  readonly #to: Socket
  #pieces: Piece[] = []
  #heldBytes = 0
  #lastDueMs = 0
  #ended = false
  #blocked = false
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket) {
    this.#from = from
    this.#to = to
    to.on('drain', () => {
      this.#blocked = false
      this.#release()
    })
  }

  push(bytes: Uint8Array, fault: ProxyFault | undefined): void {
    if (this.#stopped) return
    for (const piece of paced(fault, bytes, performance.now(), this.#lastDueMs, Math.random())) {
      this.#pieces.push(piece)
      this.#lastDueMs = piece.dueMs
    }
    this.#heldBytes += bytes.length
    this.#release()
  }

  /** The sender has nothing more to say. */
  end(): void {
    this.#ended = true
    this.#release()
  }

  /** What is held leaves now: the fault that held it is over. */
  hurry(): void {
    const nowMs = performance.now()
    this.#pieces = this.#pieces.map(({ bytes }) => ({ bytes, dueMs: nowMs }))
    this.#lastDueMs = nowMs
    this.#release()
  }

  /** Stops writing, and drops the data that is held back. */
  stop(): void {
    this.#stopped = true
    this.#pieces = []
    this.#heldBytes = 0
    clearTimeout(this.#timer)
    this.#from.resume()
  }

  #release(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    const nowMs = performance.now()
    let [next] = this.#pieces
    while (next !== undefined && next.dueMs <= nowMs && !this.#blocked) {
      this.#pieces.shift()
      this.#heldBytes -= next.bytes.length
      this.#blocked = !this.#to.write(next.bytes)
      next = this.#pieces[0]
    }
    if (next === undefined) {
      if (this.#ended && this.#to.writable) this.#to.end()
    } else if (!this.#blocked) {
      this.#timer = setTimeout(() => this.#release(), Math.ceil(next.dueMs - nowMs))
    }
    this.#regulate()
  }

  #regulate(): void {
    if (this.#blocked || this.#heldBytes >= heldBytesMax) this.#from.pause()
    else if (this.#heldBytes <= heldBytesMax / 2 && this.#from.isPaused()) this.#from.resume()
  }
}
