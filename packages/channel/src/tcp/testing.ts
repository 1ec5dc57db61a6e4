import { connect, createServer, type Server, type Socket } from 'node:net'
import { until } from '@rinha/testing'
import { coordinatorOptions, nodeOptions } from '../ends/testing.ts'
import type { Message } from '../messages.ts'
import { Peer, secret } from '../testing.ts'
import { handshakeCrypto } from './crypto.ts'
import type { ChannelClientOptions, ChannelServerOptions } from './options.ts'
import { SocketStream } from './socket-stream.ts'

/** Shared by the tests over real sockets. They wait for conditions; tests of timing stand beside the ends. */
export const clientOptions = (port: number): ChannelClientOptions => ({
  ...nodeOptions,
  coordinators: [{ host: '127.0.0.1', port }],
  secret,
  // A machine that stands still for seconds is no reason to give an answer or a connection up.
  requestTimeoutMs: 20_000,
  heartbeatMs: 20_000,
  reconnectMsMin: 1,
  reconnectMsMax: 20,
})

export const serverOptions: ChannelServerOptions = {
  ...coordinatorOptions,
  host: '127.0.0.1',
  port: 0,
  secret,
  heartbeatMs: 20_000,
  handshakeTimeoutMs: 20_000,
}

/** A socket with a {@link Peer} on it. */
export class RawPeer extends Peer {
  readonly socket: Socket

  constructor(socket: Socket) {
    super(new SocketStream(socket, 'raw'))
    this.socket = socket
  }

  static to(port: number): RawPeer {
    return new RawPeer(connect({ port, host: '127.0.0.1', noDelay: true }))
  }

  async receive<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    await until(() => this.messages.some(message => message.type === type), `a ${type} came`)
    return this.take(type) as Extract<Message, { type: Type }>
  }

  async join(): Promise<void> {
    const call = () =>
      new SocketStream(
        connect({ port: this.socket.remotePort ?? 0, host: '127.0.0.1', noDelay: true }),
        'raw',
      )
    this.knock(1, handshakeCrypto(secret), call, { heartbeatMs: 20_000 })
    await this.receive('welcome')
  }
}

/** A server of bytes in front of nothing of ours. */
export function listenRaw(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, onSocket)
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

export const portOf = (server: Server) => (server.address() as { port: number }).port
