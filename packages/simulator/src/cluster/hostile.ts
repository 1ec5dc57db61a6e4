import type { Prng } from '@rinha/base'
import {
  type ByteStream,
  decodeMessage,
  encodeMessage,
  FrameDecoder,
  frameBytesMax,
  type HandshakeCrypto,
  type Message,
  NodeHandshake,
  nonceBytes,
  type OutgoingMessage,
  proofBytes,
  protocolVersion,
  sessionIdBytes,
} from '@rinha/channel'
import { paymentRecordBytes, type Shard, writePaymentRecord } from '@rinha/payment'
import { randomBytes } from './handshake-crypto.ts'
import type { Trace } from './trace.ts'

/** How logs call it, before and after it has proved itself. */
export const hostileName = 'hostile'

const manners = ['mute', 'garbage', 'out of turn', 'another secret', 'nonsense once it is in'] as const

/**
 * A hostile peer, at either end of a wire. It knows the protocol, and in one of its roles also the secret (a node of
 * ours with a bug). It never closes its connection itself. Whatever it does, nothing but this connection may be
 * affected, and without the secret it gets neither in, nor a proof of the coordinator's, nor anything of a node but
 * HELLO, PROOF and REFUSE. On an upward connection of its the coordinator says nothing.
 */
export class HostilePeer {
  readonly #stream: ByteStream
  readonly #callUpward: () => ByteStream | undefined
  #upward: ByteStream | undefined
  readonly #prng: Prng
  readonly #handshake: NodeHandshake
  readonly #trace: Trace
  readonly #shard: Shard
  readonly #manner: (typeof manners)[number]
  readonly #acknowledgedSequence: number

  /** `shard`: of the coordinator that it calls. `callUpward`: if it plays a node, opens its second connection to the peer that answered the first; `undefined` if none does. */
  constructor(
    stream: ByteStream,
    prng: Prng,
    crypto: HandshakeCrypto,
    trace: Trace,
    shard: Shard,
    callUpward: () => ByteStream | undefined = () => undefined,
  ) {
    this.#stream = stream
    this.#callUpward = callUpward
    this.#prng = prng
    this.#trace = trace
    this.#shard = shard
    this.#handshake = new NodeHandshake(crypto)
    this.#manner = prng.pick(manners)
    this.#acknowledgedSequence = prng.integer(0, 3)
    this.answer(stream)
  }

  /** A node that takes it for the coordinator calls: with its first connection, or with the upward one. */
  answer(stream: ByteStream): void {
    const decoder = new FrameDecoder(frameBytesMax)
    listen(stream, chunk => {
      decoder.push(chunk)
      for (let next = decoder.next(); next instanceof Uint8Array; next = decoder.next()) {
        const message = decodeMessage(next)
        if (message.ok) this.#onMessage(message.value)
      }
    })
  }

  /** Sends its first bytes, if it is the peer that opened the connection. */
  begin(): void {
    if (this.#manner === 'garbage') this.#stream.write(this.#garbage())
    if (this.#manner === 'out of turn') this.#send(this.#anything())
    if (this.#manner !== 'another secret' && this.#manner !== 'nonsense once it is in') return
    const sessionId = randomBytes(this.#prng, sessionIdBytes)
    const acknowledgedSequence = this.#acknowledgedSequence
    const claims = {
      nodeName: hostileName,
      sessionId,
      acknowledgedSequence,
      heartbeatMs: 1000,
      shard: this.#shard,
    }
    const predecessorId = new Uint8Array(sessionIdBytes)
    this.#send(this.#handshake.hello({ ...claims, bufferCountMax: 10, predecessorId }))
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case 'hello':
        return this.#onHello()
      case 'challenge':
      case 'welcome':
        return this.#onHandshakeMessage(message)
      case 'proof':
        return this.#onProof(message.proof)
      case 'payments':
      case 'request':
        return this.#trace.blame('protocol', `a coordinator that proved nothing was sent ${message.type}`)
    }
  }

  #onHandshakeMessage(message: Message): void {
    if (this.#manner === 'another secret') {
      if (message.type === 'welcome') this.#trace.blame('protocol', 'a node that proved nothing was let in')
      return this.#prove({
        ...this.#proof(),
        ...(message.type === 'challenge' && { serverNonce: message.serverNonce }),
      })
    }
    const step = this.#handshake.receive(message)
    if (step.kind === 'send') return this.#prove(step.message)
    const stream = this.#prng.chance(0.5) && this.#upward !== undefined ? this.#upward : this.#stream
    if (this.#prng.chance(0.3)) return stream.write(this.#garbage())
    this.#send(this.#anything(), stream)
    // The connection may have been closed before a valid message could follow.
    this.#send(this.#payment(this.#acknowledgedSequence + 1), stream)
  }

  /** Sends the proof on the upward connection, or wrongly on the first one. */
  #prove(proof: OutgoingMessage): void {
    if (this.#prng.chance(0.1)) return this.#send(proof)
    this.#upward = this.#callUpward()
    if (this.#upward === undefined) return
    listen(this.#upward, () => this.#trace.blame('protocol', 'the coordinator wrote on an upward connection'))
    this.#send(proof, this.#upward)
  }

  /** A node of ours takes it for the coordinator. */
  #onHello(): void {
    if (this.#manner === 'mute') return
    if (this.#manner === 'garbage') return this.#stream.write(this.#garbage())
    if (this.#manner === 'out of turn') return this.#send(this.#anything())
    const serverNonce = randomBytes(this.#prng, nonceBytes)
    this.#send({ type: 'challenge', version: protocolVersion, serverNonce })
  }

  /** A node of ours has proved itself to it, and is welcomed with a proof that is none: its own, or a guess. */
  #onProof(proof: Uint8Array): void {
    this.#send(this.#welcome(this.#prng.chance(0.5) ? proof : randomBytes(this.#prng, proofBytes)))
  }

  /** A message that is not allowed on an open connection from a node, or on one that is not open yet. */
  #anything(): OutgoingMessage {
    const prng = this.#prng
    const messages: readonly OutgoingMessage[] = [
      this.#payment(prng.integer(100_000, 2 ** 40)),
      {
        type: 'ack',
        sequence: prng.integer(0, 2 ** 40),
        queuedSequence: prng.integer(0, 2 ** 40),
        windowCount: prng.uint32(),
        roomShort: prng.chance(0.5),
        retryAfterSeconds: 0,
      },
      this.#proof(),
      { type: 'reply', id: prng.integer(0, 5), kind: 'purge', result: { ok: true, value: { purged: true } } },
      this.#welcome(randomBytes(prng, proofBytes)),
    ]
    return prng.pick(messages)
  }

  #proof(): OutgoingMessage {
    const serverNonce = randomBytes(this.#prng, nonceBytes)
    return { type: 'proof', serverNonce, proof: randomBytes(this.#prng, proofBytes) }
  }

  #welcome(proof: Uint8Array): OutgoingMessage {
    return {
      type: 'welcome',
      proof,
      coordinatorId: randomBytes(this.#prng, sessionIdBytes),
      acknowledgedSequence: 0,
      windowCount: 1000,
      keptBy: this.#prng.chance(0.5) ? 'disk' : 'memory',
      epoch: 0,
      roomShort: false,
      retryAfterSeconds: 0,
      heartbeatMs: 1000,
    }
  }

  /** A payment that no client has posted. If it is taken, a checker finds an id that is not known. */
  #payment(firstSequence: number): OutgoingMessage {
    const records = new Uint8Array(paymentRecordBytes)
    // A number past all that are posted: the last four bytes are ones.
    const correlationId = new Uint8Array(16).fill(255)
    writePaymentRecord(records, 0, correlationId, this.#prng.integer(1, 1000))
    return { type: 'payments', firstSequence, records, isAwaited: this.#prng.chance(0.5) }
  }

  #garbage(): Uint8Array {
    const bytes = randomBytes(this.#prng, this.#prng.integer(1, 300))
    // Sometimes a length that could be, with a payload that cannot.
    if (bytes.length > 4 && this.#prng.chance(0.5)) bytes.set([0, 0, 0, this.#prng.integer(0, 200)])
    return bytes
  }

  #send(message: OutgoingMessage, stream = this.#stream): void {
    stream.write(encodeMessage(message))
  }
}

function listen(stream: ByteStream, onData: (chunk: Uint8Array) => void): void {
  stream.attach({ onData, onDrained: () => {}, onError: () => {}, onClosed: () => {} })
}
