import { assert, type Timers } from '@rinha/base'
import type { HttpCall } from './http-call.ts'
import type { Problem } from './problem.ts'

export interface BodyLimits {
  readonly bodyBytesMax: number
  /** How long a body may take after the first piece of it. Bytes that trickle in do not prolong it. */
  readonly bodyMsMax: number
}

/**
 * Reads a body of at most `bodyBytesMax` bytes and hands it over whole. One that arrives in one piece, as nearly all do, is
 * handed over where it lies, without a copy, and is valid only during the call. One that is not whole after `bodyMsMax` is
 * answered 408, and its connection closed: a client that trickles its body holds a connection for so long and no longer.
 *
 * The limit of bytes is kept twice: `contentLength`, the header as it came, refuses before anything is read; and the bytes that
 * come are counted, since a chunked body announces nothing. (That a body has the length it announces is the library's
 * to see to: it ends the body there.)
 */
export function readBody(
  call: HttpCall,
  contentLength: string,
  limits: BodyLimits,
  timers: Pick<Timers, 'after'>,
  onBody: (body: Uint8Array) => void,
): void {
  const { bodyBytesMax: bytesMax, bodyMsMax } = limits
  if (Number(contentLength) > bytesMax) return refuse(call, bytesMax)
  const wait = () => timers.after(bodyMsMax, () => call.problem(tooSlow(bodyMsMax), true))
  // For a chunked body the library calls nothing before the first chunk; for other bodies it announces at once that one
  // will come.
  let cancel = contentLength === '' ? wait() : undefined
  let pieces: BodyPieces | undefined
  call.onBody((piece, isLast) => {
    if (isLast) cancel?.()
    if ((pieces?.bytes ?? 0) + piece.length > bytesMax) return refuse(call, bytesMax)
    if (isLast && pieces === undefined) return onBody(piece)
    pieces ??= new BodyPieces(bytesMax)
    pieces.add(piece)
    if (isLast) onBody(pieces.whole())
    else cancel ??= wait()
  })
}

function tooSlow(bodyMsMax: number): Problem {
  return { kind: 'body-too-slow', detail: `The body was not whole within ${bodyMsMax} ms (BODY_MS_MAX).` }
}

function refuse(call: HttpCall, bytesMax: number): void {
  const detail = `The body is longer than ${bytesMax} bytes (BODY_BYTES_MAX).`
  call.problemAndClose({ kind: 'body-too-large', detail })
}

/** A body that comes in several pieces, gathered in one buffer that doubles up to the limit. */
class BodyPieces {
  readonly #bytesMax: number
  #buffer: Uint8Array
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#buffer = new Uint8Array(Math.min(256, bytesMax))
  }

  get bytes(): number {
    return this.#bytes
  }

  add(piece: Uint8Array): void {
    const bytes = this.#bytes + piece.length
    assert(bytes <= this.#bytesMax, 'the reader has looked at the limit')
    if (bytes > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(Math.max(bytes, this.#buffer.length * 2), this.#bytesMax))
      grown.set(this.#buffer.subarray(0, this.#bytes))
      this.#buffer = grown
    }
    this.#buffer.set(piece, this.#bytes)
    this.#bytes = bytes
  }

  whole(): Uint8Array {
    return this.#buffer.subarray(0, this.#bytes)
  }
}
