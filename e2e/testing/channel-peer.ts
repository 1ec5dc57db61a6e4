import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import {
  decodeMessage,
  encodeMessage,
  FrameDecoder,
  frameBytesMax,
  type HandshakeCrypto,
  NodeHandshake,
  nonceBytes,
  sessionIdBytes,
} from '../../packages/channel/src/index.ts'
import { e2eShards } from './cluster-process.ts'

/** A peer at the coordinator's channel port that can send any bytes, as a stranger or, once {@link join}ed, as a node. */
export class ChannelPeer {
  readonly #port: number
  readonly #first: Socket
  /** A node's second connection. */
  #upward: Socket | undefined
  #isClosed = false

  constructor(port: number) {
    this.#port = port
    this.#first = this.#connect()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Resolves when the coordinator welcomes this peer as a node; rejects when it does not. */
  join(secret: string): Promise<void> {
    const handshake = new NodeHandshake(cryptoOf(secret))
    const decoder = new FrameDecoder(frameBytesMax)
    return new Promise((resolve, reject) => {
      const receive = (payload: Uint8Array) => {
        const message = decodeMessage(payload)
        const step = message.ok ? handshake.receive(message.value) : undefined
        if (step?.kind === 'send') {
          this.#upward = this.#connect()
          this.#upward.write(encodeMessage(step.message))
          return
        }
        // The coordinator's messages after the handshake are ignored.
        this.#first.removeListener('data', read)
        this.#first.resume()
        if (step?.kind === 'welcomed') resolve()
        else reject(new Error(JSON.stringify(step ?? message)))
      }
      const read = (chunk: Uint8Array) => {
        decoder.push(chunk)
        const payload = decoder.next()
        if (typeof payload === 'string') reject(new Error(payload))
        else if (payload !== undefined) receive(payload)
      }
      this.#first.on('data', read)
      this.#first.once('close', () => reject(new Error('closed before it was welcome')))
      this.#first.write(encodeMessage(handshake.hello(claims())))
    })
  }

  write(bytes: Uint8Array, isUpward: boolean): void {
    const socket = isUpward ? (this.#upward ?? this.#first) : this.#first
    if (!socket.destroyed) socket.write(bytes)
  }

  destroy(): void {
    this.#first.destroy()
    this.#upward?.destroy()
  }

  #connect(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    const close = () => {
      this.#isClosed = true
    }
    return socket.on('error', close).on('close', close)
  }
}

function claims(): Parameters<NodeHandshake['hello']>[0] {
  const sessionId = new Uint8Array(randomBytes(sessionIdBytes))
  const nodeName = `raw${sessionId[0]}`
  const predecessorId = new Uint8Array(16)
  return {
    nodeName,
    sessionId,
    predecessorId,
    acknowledgedSequence: 0,
    heartbeatMs: 20_000,
    bufferCountMax: 1,
    shard: { index: 0, count: e2eShards },
  }
}

function cryptoOf(secret: string): HandshakeCrypto {
  return {
    nonce: () => new Uint8Array(randomBytes(nonceBytes)),
    hmac: transcript => new Uint8Array(createHmac('sha256', secret).update(transcript).digest()),
    equal: (a, b) => timingSafeEqual(a, b),
  }
}
