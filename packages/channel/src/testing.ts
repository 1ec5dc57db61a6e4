import { assert, joinBytes, ok } from '@rinha/base'
import {
  onlyShard,
  paymentRecordBytes,
  type RecordConflict,
  readPaymentAmountCents,
  writePaymentRecord,
} from '@rinha/payment'
import { decodeMessage, encodeMessage } from './codec.ts'
import type { ByteStream } from './ends/ports.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { CoordinatorHandshake, type HandshakeCrypto, NodeHandshake } from './handshake.ts'
import { frameBytesMax, nonceBytes, proofBytes } from './limits.ts'
import type {
  HelloMessage,
  Message,
  OutgoingMessage,
  PaymentsMessage,
  ProofMessage,
  WelcomeMessage,
} from './messages.ts'
import type { ChannelHandlers, ProcessorSummary, RequestAnswer } from './port.ts'

/** Shared by the tests of the channel, over virtual wires (`ends/`) and over sockets (`tcp/`). */
export const secret = 'a secret of this test'

/** A keyed checksum in place of HMAC, without any security: other inputs give other outputs. */
export function testCrypto(key: string, nonceCountBefore = 0): HandshakeCrypto {
  let nonceCount = nonceCountBefore
  return {
    nonce: () => {
      nonceCount += 1
      return new Uint8Array(nonceBytes).fill(nonceCount)
    },
    hmac: transcript => {
      let state = 2166136261
      for (const byte of [...key].map(character => character.charCodeAt(0)).concat(...transcript))
        state = Math.imul(state ^ byte, 16777619)
      const proof = new Uint8Array(proofBytes)
      new DataView(proof.buffer).setInt32(0, state)
      return proof
    },
    equal: (a, b) => a.join() === b.join(),
  }
}

/** A coordinator's handlers. In these tests a payment's amount says which one it is. */
export class Coordinator implements ChannelHandlers {
  roomLeft = 1_000_000
  summary: readonly ProcessorSummary[] = [{ processor: 'default', count: 3, amountCents: 5970 }]
  readonly amounts: number[] = []
  readonly batchCounts: number[] = []
  readonly order: string[] = []
  /** The answer for the payments that come next. */
  readonly conflicts: RecordConflict[] = []

  roomCount(): number {
    return this.roomLeft
  }

  lastingRoomCount(): number {
    return this.roomLeft
  }

  onPayments(records: Uint8Array, count: number): readonly RecordConflict[] {
    for (let index = 0; index < count; index += 1) {
      this.amounts.push(readPaymentAmountCents(records, index * paymentRecordBytes))
    }
    this.batchCounts.push(count)
    this.order.push('payments')
    this.roomLeft -= count
    return this.conflicts.splice(0)
  }

  /** Requests that wait for the end of a payment. */
  readonly endings: RequestAnswer<never>[] = []
  cancelCount = 0

  readonly onRequest: ChannelHandlers['onRequest'] = (kind, params, _, answer) => {
    this.order.push(kind)
    if (kind === 'ending') {
      this.endings.push(answer)
      return () => {
        this.cancelCount += 1
      }
    }
    const { fromMs } = params as { fromMs: number | null }
    if (kind === 'purge') answer({ ok: false, error: 'not allowed' })
    else if (kind === 'status') answer(ok({ state: 'queued', amountCents: 5 } as never))
    else {
      const totals = this.summary.map(row => ({ ...row, amountCents: fromMs ?? row.amountCents }))
      answer(ok({ totals, completeUpToMs: 7 } as never))
    }
    return undefined
  }
}

/** A {@link Coordinator} with a journal that is synced when a test says so. */
export class JournalingCoordinator extends Coordinator {
  readonly #waiting: (() => void)[] = []

  readonly whenJournaled = (run: () => void): void => {
    this.#waiting.push(run)
  }

  /** The oldest batch that waits is on disk. */
  sync(): void {
    this.#waiting.shift()?.()
  }
}

export function paymentId(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** A batch in which a payment's amount is its sequence number. */
export function batch(first: number, last: number, isAwaited = true): PaymentsMessage {
  const records = new Uint8Array((last - first + 1) * paymentRecordBytes)
  for (const number of range(first, last))
    writePaymentRecord(records, (number - first) * paymentRecordBytes, paymentId(number), number)
  return { type: 'payments', firstSequence: first, records, isAwaited }
}

/** A peer that sends any bytes, to either end. It plays a peer that does not follow the protocol. */
export class Peer {
  readonly stream: ByteStream
  readonly messages: Message[] = []
  closed = false
  /** The upward connection of a node, or the one that a node has made to this peer. */
  upward: Peer | undefined
  /** Answers a message at once. A message that it answers, even with `'nothing'`, is not kept for {@link take}. */
  answer: (message: Message) => OutgoingMessage | 'nothing' | undefined = () => undefined
  readonly #decoder = new FrameDecoder(frameBytesMax)

  constructor(stream: ByteStream) {
    this.stream = stream
    stream.attach({
      onData: chunk => this.#read(chunk),
      onDrained: () => {},
      onError: () => {},
      onClosed: () => {
        this.closed = true
      },
    })
  }

  /** Sends all in one write: payments on the upward connection if there is one, everything else on the first. */
  send(...messages: readonly OutgoingMessage[]): void {
    const isUpward = messages[0]?.type === 'payments' && this.upward !== undefined
    const stream = isUpward && this.upward !== undefined ? this.upward.stream : this.stream
    stream.write(joinBytes(messages.map(encodeMessage)))
  }

  /** Closes both connections. */
  hangUp(): void {
    this.stream.destroy()
    this.upward?.stream.destroy()
  }

  /** The first message of a type, which is taken out. */
  take<Type extends Message['type']>(type: Type): Extract<Message, { type: Type }> | undefined {
    const index = this.messages.findIndex(message => message.type === type)
    return index < 0 ? undefined : (this.messages.splice(index, 1)[0] as Extract<Message, { type: Type }>)
  }

  /** Goes through the handshake as a node, whose upward connection `call` makes; a WELCOME or a REFUSE follows. */
  knock(
    session: number,
    crypto: HandshakeCrypto,
    call: () => ByteStream,
    claims: Partial<HelloMessage> = {},
  ): void {
    const handshake = new NodeHandshake(crypto)
    this.answer = message => {
      const isForIt = message.type === 'challenge' || message.type === 'welcome'
      const step = isForIt ? handshake.receive(message) : undefined
      assert(step?.kind !== 'failed', 'the coordinator goes through the handshake')
      if (step?.kind !== 'send') return undefined
      this.upward = new Peer(call())
      this.upward.send(step.message)
      return 'nothing'
    }
    const sessionId = new Uint8Array(16).fill(session)
    const shard = onlyShard
    const own = { nodeName: `raw${session}`, sessionId, acknowledgedSequence: 0, heartbeatMs: 1000, shard }
    const predecessorId = new Uint8Array(16)
    this.send(handshake.hello({ ...own, bufferCountMax: 1, predecessorId, ...claims }))
  }

  /**
   * Goes through the handshake as a coordinator. `challenged`: who waits for an upward connection, the latest first; one that
   * says HELLO joins them. The peer that challenged a node hears what the node sends upward.
   */
  welcome(crypto: HandshakeCrypto, challenged: Peer[], promise: Partial<WelcomeMessage> = {}): void {
    const handshake = new CoordinatorHandshake(crypto)
    this.answer = message => {
      if (message.type === 'proof') challenged[0]?.onUpward(this, message)
      if (message.type === 'proof') return 'nothing'
      if (message.type !== 'hello') return undefined
      challenged.unshift(this)
      const step = handshake.receive(message)
      assert(step.kind === 'send', 'the node says hello')
      return step.message
    }
    this.onUpward = (upward, message) => {
      const verdict = handshake.prove(message)
      assert(verdict.kind === 'proven', 'the node has proved itself')
      this.upward = upward
      upward.answer = next => {
        this.messages.push(next)
        return 'nothing'
      }
      const coordinatorId = new Uint8Array(16).fill(1)
      const own = {
        acknowledgedSequence: 0,
        windowCount: 100,
        heartbeatMs: 1000,
        keptBy: 'memory' as const,
        epoch: 0,
        roomShort: false,
        retryAfterSeconds: 0,
      }
      this.send({ type: 'welcome', proof: verdict.proof, coordinatorId, ...own, ...promise })
    }
  }

  onUpward: (upward: Peer, message: ProofMessage) => void = () => {}

  #read(chunk: Uint8Array): void {
    this.#decoder.push(chunk)
    for (let next = this.#decoder.next(); next instanceof Uint8Array; next = this.#decoder.next()) {
      const message = decodeMessage(next)
      assert(message.ok, 'what an end of ours sends is a message')
      const answer = this.answer(message.value)
      if (answer === undefined) this.messages.push(message.value)
      else if (answer !== 'nothing') this.send(answer)
    }
  }
}
