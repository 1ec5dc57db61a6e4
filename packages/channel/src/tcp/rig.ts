import { connect, createServer, type Server, type Socket } from 'node:net'
import { ok } from '@rinha/base'
import { decodeMessage, encodeMessage } from '../codec.ts'
import { FrameDecoder } from '../frame-decoder.ts'
import { NodeHandshake } from '../handshake.ts'
import { frameBytesMax } from '../limits.ts'
import type { Message, OutgoingMessage, WelcomeMessage } from '../messages.ts'
import { readPaymentAmountCents } from '../payment-record.ts'
import type {
  ChannelAnswer,
  ChannelClient,
  ChannelHandlers,
  ChannelRequestKind,
  ChannelRequests,
  ProcessorSummary,
} from '../port.ts'
import { connectChannel as connectClient } from './client.ts'
import { handshakeCrypto } from './crypto.ts'
import type { ChannelClientOptions, ChannelServerOptions } from './options.ts'

/** What the tests over real sockets share: settings that make them quick, a coordinator that takes notes, raw peers. */
export const secret = 'a secret of this test'

export const clientOptions = (port: number): ChannelClientOptions => ({
  host: '127.0.0.1',
  port,
  secret,
  nodeName: 'api1',
  bufferCountMax: 10_000,
  bufferAgeMsMax: 60_000,
  requestTimeoutMs: 500,
  requestCountMax: 8,
  heartbeatMs: 1000,
  reconnectMsMin: 1,
  reconnectMsMax: 20,
})

export const serverOptions: ChannelServerOptions = {
  host: '127.0.0.1',
  port: 0,
  secret,
  windowCountMax: 4096,
  nodeCountMax: 4,
  heartbeatMs: 1000,
  handshakeTimeoutMs: 1000,
}

/** A client whose answers, and whose end, a test can await. */
export type AwaitedClient = Omit<ChannelClient, 'request' | 'close'> & {
  request<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
  ): Promise<ChannelAnswer<Kind>>
  close(drainMsMax: number): Promise<void>
}

export function connectChannel(options: ChannelClientOptions): AwaitedClient {
  const client = connectClient(options)
  let closed: Promise<void> | undefined
  return {
    get connected() {
      return client.connected
    },
    get journaling() {
      return client.journaling
    },
    get unacknowledgedCount() {
      return client.unacknowledgedCount
    },
    offerPayment: (correlationId, amountCents) => client.offerPayment(correlationId, amountCents),
    flush: () => client.flush(),
    onAcknowledged: listener => client.onAcknowledged(listener),
    holdsPayment: correlationId => client.holdsPayment(correlationId),
    request: (kind, params) => new Promise(resolve => client.request(kind, params, resolve)),
    close: drainMsMax => {
      closed ??= new Promise(resolve => client.close(drainMsMax, resolve))
      return closed
    },
  }
}

/** A coordinator's handlers. In these tests a payment's amount says which one it is. */
export class Coordinator implements ChannelHandlers {
  roomLeft = 1_000_000
  summary: readonly ProcessorSummary[] = [{ processor: 'default', count: 3, amountCents: 5970 }]
  readonly amounts: number[] = []
  readonly batchCounts: number[] = []
  readonly order: string[] = []

  roomCount(): number {
    return this.roomLeft
  }

  onPayments(records: Uint8Array, count: number): void {
    for (let index = 0; index < count; index += 1) {
      this.amounts.push(readPaymentAmountCents(records, index * 24))
    }
    this.batchCounts.push(count)
    this.order.push('payments')
    this.roomLeft -= count
  }

  readonly onRequest: ChannelHandlers['onRequest'] = (kind, params) => {
    this.order.push(kind)
    if (kind === 'purge') return { ok: false, error: 'not allowed' }
    if (kind === 'status') return ok({ state: 'queued', amountCents: 5 } as never)
    const { fromMs } = params as { fromMs: number | null }
    return ok(this.summary.map(row => ({ ...row, amountCents: fromMs ?? row.amountCents })) as never)
  }
}

export function paymentId(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

export const sleep = (durationMs: number) => new Promise(resolve => setTimeout(resolve, durationMs))

/** Resolves once the condition holds; rejects with what was waited for after twenty seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`)
    await sleep(2)
  }
}

export interface Claims {
  readonly acknowledgedSequence?: number
  readonly heartbeatMs?: number
}

/** A peer that speaks bytes: what a node or a coordinator that is not ours may do. */
export class RawPeer {
  readonly socket: Socket
  readonly messages: Message[] = []
  closed = false
  readonly #decoder = new FrameDecoder(frameBytesMax)

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('data', chunk => {
      this.#decoder.push(chunk)
      for (let next = this.#decoder.next(); next instanceof Uint8Array; next = this.#decoder.next()) {
        const message = decodeMessage(next)
        if (message.ok) this.messages.push(message.value)
      }
    })
  }

  static to(port: number): RawPeer {
    return new RawPeer(connect({ port, host: '127.0.0.1' }))
  }

  send(...messages: readonly OutgoingMessage[]): void {
    this.socket.write(Buffer.concat(messages.map(encodeMessage)))
  }

  async receive<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    const found = () => this.messages.findIndex(message => message.type === type)
    await until(`a ${type} came`, () => found() >= 0)
    return this.messages.splice(found(), 1)[0] as Extract<Message, { type: Type }>
  }

  /** Goes through the handshake as a node, up to its proof. */
  async prove(session: number, claims: Claims = {}): Promise<void> {
    const handshake = new NodeHandshake(handshakeCrypto(secret))
    const sessionId = new Uint8Array(16).fill(session)
    const own = { nodeName: `raw${session}`, sessionId, acknowledgedSequence: 0, heartbeatMs: 1000 }
    this.send(handshake.hello({ ...own, ...claims }))
    const step = handshake.receive(await this.receive('challenge'))
    if (step.kind !== 'send') throw new Error(step.kind)
    this.send(step.message)
  }

  async join(session = 1, claims: Claims = {}): Promise<WelcomeMessage> {
    await this.prove(session, claims)
    return await this.receive('welcome')
  }
}

/** A server of bytes in front of nothing of ours. */
export function listenRaw(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, onSocket)
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

export const portOf = (server: Server) => (server.address() as { port: number }).port

/** A wire between a node and its coordinator that a test can cut, freeze, or slow down to a byte at a time. */
export class Wire {
  port = 0
  frozen = false
  byteByByte = false
  connectionCount = 0
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  static async to(port: number): Promise<Wire> {
    const wire = new Wire()
    wire.#server = await listenRaw(near => {
      wire.connectionCount += 1
      const far = connect({ port, host: '127.0.0.1', noDelay: true })
      wire.#pipe(near, far)
      wire.#pipe(far, near)
    })
    wire.port = portOf(wire.#server)
    return wire
  }

  cut(): void {
    for (const socket of [...this.#sockets]) socket.destroy()
  }

  close(): Promise<void> {
    this.cut()
    return new Promise(resolve => this.#server?.close(() => resolve()))
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    let sent: Promise<void> = Promise.resolve()
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      if (!this.frozen) to.destroy()
    })
    from.on('data', chunk => {
      if (this.frozen) return
      if (!this.byteByByte) return void to.write(chunk)
      sent = sent.then(async () => {
        for (const byte of chunk) {
          to.write(Uint8Array.of(byte))
          await new Promise(resolve => setImmediate(resolve))
        }
      })
    })
  }
}
